package engine

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseID reads every form in which papers are named and returns the
// canonical ID, with the version the form gave, or 0. White space around s is
// dropped; prefixes are read in any case. The forms:
//
//   - arXiv ids, new (2503.11731v2) and old (hep-th/9901001, math.GT/0309136),
//     bare or after "arXiv:"
//   - DOIs, bare or after "doi:"; the DOIs that arXiv gives its papers
//     (10.48550/arXiv.2503.11731) become arXiv ids
//   - what Semantic Scholar takes: a paperId of 40 hex digits, and CorpusId:,
//     DOI:, ARXIV:, MAG:, ACL:, PMID:, PMCID:, URL: with what belongs to each
//   - URLs of arXiv and ar5iv, doi.org, Hugging Face papers, alphaXiv, Semantic
//     Scholar, OpenReview, the ACL Anthology, PubMed, PubMed Central, bioRxiv,
//     medRxiv and ACM; "https://" may be missing
//   - any other "scheme:local" without white space, kept as it is but for the
//     case of the scheme; also one whose scheme is known and whose local part
//     is not of its form, so that everything that passes Check can be asked for
//
// ParseID(string(id)) is id again. Anything else is an error wrapping
// ErrInvalid. "attention:" is not an id and neither is "Attention: a survey";
// "attention:survey" is one.
func ParseID(s string) (id ID, version int, err error) {
	s = strings.TrimSpace(s)
	id, version, ok := parseID(s)
	if !ok || !utf8.ValidString(s) || id.Check() != nil {
		return "", 0, fmt.Errorf("%w: id %s: want an arXiv id (2503.11731, hep-th/9901001), a DOI (10.1145/3292500.3330701), "+
			`a URL of arXiv, doi.org, Hugging Face, alphaXiv, Semantic Scholar, OpenReview, ACL Anthology, PubMed, bioRxiv or ACM, `+
			`a Semantic Scholar paperId, or "scheme:local" such as acl:2024.acl-long.1, corpusid:13756489 or pmid:31978945`,
			ErrInvalid, quoted(s))
	}
	return id, version, nil
}

// IsURL reports whether s begins like a web address.
func IsURL(s string) bool {
	scheme, _, found := strings.Cut(s, "://")
	return found && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http"))
}

func parseID(s string) (ID, int, bool) {
	if IsURL(s) {
		return parseURL(s)
	}
	for _, scheme := range []string{"arxiv", "doi", "s2"} { // the forms that need no prefix
		if id, version, ok := known(scheme, s); ok {
			return id, version, true
		}
	}
	if len(s) > 3 && strings.EqualFold(s[:3], "PMC") {
		if id, version, ok := known("pmcid", s); ok {
			return id, version, true
		}
	}
	if host, _, found := strings.Cut(s, "/"); found && strings.Contains(host, ".") {
		if id, version, ok := parseURL("https://" + s); ok {
			return id, version, true
		}
	}
	scheme, local, found := strings.Cut(s, ":")
	if !found {
		return "", 0, false
	}
	scheme = lowerASCII(scheme)
	trimmed := strings.TrimSpace(local)
	if scheme == "url" {
		if !IsURL(trimmed) {
			trimmed = "https://" + trimmed
		}
		return parseURL(trimmed)
	}
	if id, version, ok := known(scheme, trimmed); ok {
		return id, version, true
	}
	if hasForm(scheme) && IsURL(trimmed) { // "doi:https://doi.org/10.…"
		if id, version, ok := parseURL(trimmed); ok {
			return id, version, true
		}
	}
	return ID(scheme + ":" + local), 0, true
}

// hasForm reports whether known knows the scheme.
func hasForm(scheme string) bool {
	switch scheme {
	case "arxiv", "doi", "acl", "openreview", "pmid", "pmcid", "corpusid", "mag", "s2", "oai":
		return true
	}
	return false
}

// known returns the canonical ID of a local part under a scheme whose form it
// has. ok is false for other schemes and other forms.
func known(scheme, local string) (id ID, version int, ok bool) {
	switch scheme {
	case "arxiv":
		local, version, ok = arxivLocal(local)
	case "doi":
		local = lowerASCII(local)
		if name, found := strings.CutPrefix(local, "10.48550/arxiv."); found {
			if id, version, ok := known("arxiv", name); ok {
				return id, version, true
			}
		}
		ok = isDOI(local)
	case "acl":
		local, version, ok = aclLocal(local)
	case "openreview":
		ok = len(local) >= 6 && !strings.ContainsFunc(local, func(r rune) bool {
			return r >= 0x80 || r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
		})
	case "pmcid":
		if len(local) > 3 && strings.EqualFold(local[:3], "PMC") {
			local = local[3:]
		}
		ok = isNumber(local)
	case "pmid", "corpusid", "mag":
		ok = isNumber(local)
	case "s2":
		local = lowerASCII(local)
		ok = len(local) == 40 && strings.Trim(local, "0123456789abcdef") == ""
	case "oai": // as in arXiv's feeds: oai:arXiv.org:2503.11731v1
		const prefix = "arxiv.org:"
		if len(local) > len(prefix) && strings.EqualFold(local[:len(prefix)], prefix) {
			return known("arxiv", local[len(prefix):])
		}
	}
	return ID(scheme + ":" + local), version, ok
}

// arxivLocal reads an arXiv id: YYMM.NNNN from 2007-04 to 2014-12, YYMM.NNNNN
// after, archive/YYMMNNN or archive.SC/YYMMNNN before; each with or without vN.
func arxivLocal(s string) (local string, version int, ok bool) {
	s, version = cutVersion(s)
	if archive, number, old := strings.Cut(s, "/"); old {
		archive, class, _ := strings.Cut(lowerASCII(archive), ".")
		ok = isArchive(archive) && strings.Trim(class, "abcdefghijklmnopqrstuvwxyz-") == "" &&
			len(number) == 7 && isDigits(number) && isMonth(number[2:4]) && (number >= "91" || number < "08")
		return archive + "/" + number, version, ok
	}
	month, number, _ := strings.Cut(s, ".")
	digits := 5
	if month < "1501" {
		digits = 4
	}
	ok = len(month) == 4 && isDigits(month) && month >= "0704" && isMonth(month[2:]) &&
		len(number) == digits && isDigits(number)
	return s, version, ok
}

// isArchive reports whether s is an archive that gave out ids before April
// 2007; those after the first line had been closed by then.
func isArchive(s string) bool {
	switch s {
	case "astro-ph", "cond-mat", "cs", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math", "math-ph", "nlin", "nucl-ex", "nucl-th", "physics", "q-bio", "quant-ph",
		"acc-phys", "adap-org", "alg-geom", "ao-sci", "atom-ph", "bayes-an", "chao-dyn", "chem-ph", "cmp-lg", "comp-gas", "dg-ga", "funct-an", "mtrl-th", "patt-sol", "plasm-ph", "q-alg", "solv-int", "supr-con":
		return true
	}
	return false
}

// isDOI reports whether s is "10.", a registrant's number with at least four
// digits and perhaps further numbers, "/", and something without blanks.
func isDOI(s string) bool {
	rest, found := strings.CutPrefix(s, "10.")
	registrant, suffix, slash := strings.Cut(rest, "/")
	if !found || !slash || suffix == "" || strings.ContainsFunc(suffix, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return false
	}
	first, more, _ := strings.Cut(registrant, ".")
	return len(first) >= 4 && len(first) <= 9 && isDigits(first) && strings.Trim(more, "0123456789.") == ""
}

// aclLocal reads an id of the ACL Anthology: W12-3903 or 2024.acl-long.1, each
// with or without vN.
func aclLocal(s string) (local string, version int, ok bool) {
	s, version = cutVersion(s)
	volume, number, _ := strings.Cut(s, "-")
	if len(volume) == 3 && isDigits(volume[1:]) && (len(number) == 4 || len(number) == 5) && isDigits(number) {
		letter := volume[0] &^ 0x20
		return string(letter) + s[1:], version, 'A' <= letter && letter <= 'Z'
	}
	s = lowerASCII(s)
	parts := strings.Split(s, ".")
	ok = len(parts) == 3 && len(parts[0]) == 4 && isDigits(parts[0]) && isDigits(parts[2]) &&
		strings.Contains(parts[1], "-") && strings.Trim(parts[1], "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
	return s, version, ok
}

// cutVersion splits "2503.11731v2" into "2503.11731" and 2. Without a version
// it returns s and 0.
func cutVersion(s string) (string, int) {
	i := strings.LastIndexAny(s, "vV")
	if i <= 0 || len(s)-i > 5 || !isNumber(s[i+1:]) {
		return s, 0
	}
	n, err := strconv.Atoi(s[i+1:])
	if err != nil {
		return s, 0
	}
	return s[:i], n
}

func isMonth(s string) bool { return "01" <= s && s <= "12" }

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// isNumber reports whether s is a positive number without leading zeros.
func isNumber(s string) bool { return isDigits(s) && s[0] != '0' && len(s) <= 18 }

// lowerASCII lowers A to Z only: that is how DOIs are compared.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}
