package engine

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An ID is one name of a paper in canonical spelling, "scheme:local":
//
//	arxiv:2503.11731   arxiv:hep-th/9901001   without version and subject class
//	doi:10.1145/3292500.3330701               lower case
//	acl:2024.acl-long.1   acl:W12-3903        ACL Anthology
//	openreview:05T81ScPFb   pmid:31978945   pmcid:7092803
//	s2:<40 hex digits>   corpusid:13756489   mag:2963403868
//	title:<16 hex digits>                     see TitleID
//
// Any other scheme is the giver's own and its local part is never changed.
// Two IDs are the same name if and only if they are equal; what people type
// becomes an ID by [ParseID].
type ID string

// maxID is the longest ID, in bytes. DOIs of 200 have been seen.
const maxID = 512

// Scheme returns what is before the first ":"; "" if there is none.
func (id ID) Scheme() string {
	scheme, _, found := strings.Cut(string(id), ":")
	if !found {
		return ""
	}
	return scheme
}

// Local returns what is after the first ":"; "" if there is none.
func (id ID) Local() string {
	_, local, _ := strings.Cut(string(id), ":")
	return local
}

// Check returns an error wrapping ErrInvalid unless id can name a paper: a
// scheme that begins with one of a-z, 0-9 and goes on with those, ".", "+",
// "_" or "-"; then ":", and a local part that is not empty; all valid UTF-8
// of at most 512 bytes without white space or control characters. A URL is
// not an ID. Every ID that passes is found again by ParseID; whether its
// spelling is the canonical one, Check does not say.
func (id ID) Check() error {
	bad := func(why string) error {
		return fmt.Errorf("%w: id %s: %s", ErrInvalid, quoted(string(id)), why)
	}
	scheme, local := id.Scheme(), id.Local()
	switch {
	case len(id) > maxID:
		return bad(fmt.Sprintf("%d bytes, at most %d", len(id), maxID))
	case !utf8.ValidString(string(id)):
		return bad("is not valid UTF-8")
	case strings.ContainsFunc(string(id), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return bad("holds white space or control characters")
	case !isScheme(scheme) || local == "":
		return bad(`want "scheme:local", the scheme of a-z, 0-9, ".", "+", "_", "-"`)
	case scheme == "http" || scheme == "https" || scheme == "url" || strings.HasPrefix(local, "//"):
		return bad("is a URL")
	}
	return nil
}

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		alnum := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if !alnum && (i == 0 || !strings.ContainsRune(".+_-", rune(c))) {
			return false
		}
	}
	return s != ""
}

// quoted returns s for a message: quoted, and cut if it is long.
func quoted(s string) string {
	const most = 80
	if len(s) > most {
		s = s[:most] + "…"
	}
	return fmt.Sprintf("%q", s)
}

// links returns the pages that the id alone leads to, nil if its scheme has
// none or its local part is not of the scheme's form.
func (id ID) links() []Link {
	local := id.Local()
	page := func(rel, host, path string) Link {
		u := url.URL{Scheme: "https", Host: host, Path: path}
		return Link{rel, u.String()}
	}
	if id.Scheme() == "acl" && IsURL(local) { // the Anthology's entries for papers that it only points to
		return []Link{{"page", local}}
	}
	if same, _, ok := known(id.Scheme(), local); !ok || same != id {
		return nil
	}
	switch id.Scheme() {
	case "arxiv":
		return []Link{page("abstract", "arxiv.org", "/abs/"+local), page("pdf", "arxiv.org", "/pdf/"+local)}
	case "doi":
		return []Link{page("doi", "doi.org", "/"+local)}
	case "acl":
		return []Link{page("abstract", "aclanthology.org", "/"+local+"/"), page("pdf", "aclanthology.org", "/"+local+".pdf")}
	case "openreview":
		q := "?id=" + url.QueryEscape(local)
		return []Link{{"abstract", "https://openreview.net/forum" + q}, {"pdf", "https://openreview.net/pdf" + q}}
	case "pmid":
		return []Link{page("abstract", "pubmed.ncbi.nlm.nih.gov", "/"+local+"/")}
	case "pmcid":
		return []Link{page("page", "pmc.ncbi.nlm.nih.gov", "/articles/PMC"+local+"/")}
	case "s2":
		return []Link{page("page", "www.semanticscholar.org", "/paper/"+local)}
	case "corpusid":
		return []Link{page("page", "api.semanticscholar.org", "/CorpusID:"+local)}
	}
	return nil
}
