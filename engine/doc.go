// Package engine defines what Kindred is about: papers, what people did with
// them, and the two questions "what is like this?" and "what should I read
// next?". It imports the standard library and package embed, and does no input
// or output of its own: what it needs of the world it asks for through four
// contracts.
//
// # A tour
//
// Start with [Paper] (paper.go), the record, and [ID] (id.go), the many names a
// record has. A [Key] is the one name that everything else holds on to. [Event]
// (event.go) is a line in a person's log, and [Standing] replays a log into what
// stands now, or stood at any earlier number.
//
// The contracts: [Store] (store.go) holds the truth and numbers every change;
// [Index] (index.go) finds nearest vectors, [Lexicon] (lexicon.go) the papers that
// use some words; embed.Embedder makes vectors. Packages engine/sqlite,
// engine/chromem, engine/lexicon, embed/builtin and embed/ollama fulfil them;
// enginetest.TestStore, TestIndex and TestLexicon and embedtest.TestEmbedder say
// in code what fulfilling means.
//
// [Engine] (engine.go) puts them together:
//
//	sync.go      Sync: papers without a vector → embedder → store
//	             Fill: the same for a space that is to be served later
//	             Follow: changes in the store → index and lexicon, in this process and
//	             all others
//	terms.go     a text → the words and pairs of words that a Lexicon holds
//	wanted.go    Attend: papers that somebody looks at are embedded first
//	similar.go   Similar, Search, Recommend
//	feed.go      Feed: likes → profile → candidates → composed list → page
//	explain.go   every part of a score, in words and numbers
//	interests.go what a person's likes are about, and what they say of it
//	subject.go   authors, keywords and categories that are followed or muted
//	onboarding.go what to judge first
//	scores.go    Scores: how well given papers suit a person, by the same code
//
// Pure, between them and the contracts; package eval measures it on data with
// known answers:
//
//	terms.go     which words a text has
//	model.go     relevance: a linear function of a paper's vector and terms
//	profile.go   a person's models: the whole of their likes, and each interest
//	interest.go  how likes are grouped, and how a group keeps its id
//	ranker.go    how candidates are found and judged
//	compose.go   how they are put into the order of a feed
//	taste.go     what of a person's log makes a profile
//
// And the rest:
//
//	match.go     which stored paper is the one that a page describes
//	cursor.go    how a list stays the same list from page to page
//	acts.go      what people do, and its undoing; history.go keeps it at hand
//	token.go     who may ask
//	pairing.go   how a browser extension gets its token
//	status.go    how it is going; jobs.go keeps count
//	each.go      work shared out among the processors
//
// # Invariants
//
// SQLite is the truth; an index or a lexicon can be thrown away at any time and is
// rebuilt by following the change sequence from 0. Only Follow writes to them.
//
// A question is asked of a view: a version of the index, and what the corpus was measured
// to be like then (sync.go). Follow makes the next one, so nobody who asks waits for it.
//
// Every ranking is a total order, score descending and then key ascending, so
// equal requests have equal answers. Time is an input: nothing below Engine reads
// a clock.
//
// Vectors of two spaces are never compared: an Engine serves one embed.Space at a
// time, a request stays with the one it began in, and everything derived from
// vectors carries its name. When the store's active space changes, Follow loads the
// other and changes over in one step.
package engine
