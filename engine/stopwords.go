package engine

import "strings"

// stopWords are English words that say nothing of what a text is about, in the
// form that stem gives them. Written down from grammar: articles, pronouns,
// prepositions, conjunctions, auxiliary verbs, common adverbs.
var stopWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`
		a an the this that these those each every either neither some any all both such same other another
		i me my mine we us our ours you your yours he him his she her hers it its they them their theirs
		myself ourselves yourself himself herself itself themselves who whom whose which what one ones
		of in on at by for with from to into onto upon over under between among amongst through during
		before after above below against about across along around behind beside besides beyond despite
		down inside near off out outside per since than toward towards until up via within without
		and or but nor so yet if then else because while whereas although though unless whether as
		is am are was were be been being do does did doing done have has had having
		can could may might must shall should will would cannot
		not no only very too also just even still again once here there when where why how
		however therefore thus hence moreover furthermore meanwhile nevertheless otherwise
		more most much many few less least several own further now ever never often already almost
		et al eg ie etc`) {
		m[stem(w)] = true
	}
	return m
}()
