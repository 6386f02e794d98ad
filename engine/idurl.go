package engine

import (
	"net/url"
	"strings"
)

// parseURL finds the paper that a web address names, by the address alone.
// Percent-encoding is undone first; query and fragment count only where the
// site puts the id there.
func parseURL(s string) (ID, int, bool) {
	u, err := url.Parse(s)
	if err != nil {
		return "", 0, false
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	path := strings.Trim(u.Path, "/")
	switch site(host) {
	case "arxiv.org", "ar5iv.org":
		return arxivURL(path)
	case "huggingface.co", "hf.co":
		if rest, ok := strings.CutPrefix(strings.TrimPrefix(path, "api/"), "papers/"); ok {
			return arxivPath(rest)
		}
	case "alphaxiv.org": // /abs/ID, /overview/ID, also after a language: /de/overview/ID
		for more := true; more; _, path, more = strings.Cut(path, "/") {
			if id, version, ok := arxivPath(path); ok {
				return id, version, true
			}
		}
	case "doi.org":
		return known("doi", path)
	case "semanticscholar.org":
		if i := strings.Index(path, ":"); i >= 0 { // api.semanticscholar.org/CorpusID:13756489, …/paper/DOI:10.…
			scheme := path[strings.LastIndex(path[:i], "/")+1 : i]
			if id, version, ok := known(lowerASCII(scheme), path[i+1:]); ok {
				return id, version, true
			}
		}
		for part := range strings.SplitSeq(path, "/") { // /paper/Some-Title/<40 hex digits>/figure/1
			if id, version, ok := known("s2", part); ok {
				return id, version, true
			}
		}
	case "openreview.net":
		if path == "forum" || path == "pdf" {
			return known("openreview", u.Query().Get("id"))
		}
	case "aclanthology.org", "aclweb.org": // /2024.acl-long.1/, /anthology/papers/W/W12/W12-3903v2.pdf
		if strings.HasPrefix(path, "anthology") || !strings.HasPrefix(host, "aclweb") {
			last := path[strings.LastIndex(path, "/")+1:]
			return known("acl", cutSuffixes(last, ".pdf", ".bib", ".xml", ".endf"))
		}
	case "acm.org": // dl.acm.org/doi/abs/10.1145/3292500.3330701
		return known("doi", fromDOI(path))
	case "biorxiv.org", "medrxiv.org":
		return biorxivURL(fromDOI(path))
	case "nih.gov": // pubmed.ncbi.nlm.nih.gov/31978945, www.ncbi.nlm.nih.gov/pubmed/31978945, …/pmc/articles/PMC7092803
		if i := strings.Index(path, "articles/PMC"); i >= 0 {
			number, _, _ := strings.Cut(path[i+len("articles/PMC"):], "/")
			return known("pmcid", number)
		}
		if rest, ok := strings.CutPrefix(path, "pubmed/"); ok || strings.HasPrefix(host, "pubmed.") {
			number, _, _ := strings.Cut(rest, "/")
			return known("pmid", number)
		}
	}
	return "", 0, false
}

// site returns the last two labels of a host name.
func site(host string) string {
	parts := strings.Split(host, ".")
	return strings.Join(parts[max(len(parts)-2, 0):], ".")
}

// arxivURL reads the path of an arXiv page: abs/ID, pdf/ID.pdf, html/ID,
// ftp/hep-th/papers/9901/9901001.pdf and the like.
func arxivURL(path string) (ID, int, bool) {
	kind, rest, _ := strings.Cut(path, "/")
	switch kind {
	case "abs", "pdf", "html", "format", "ps", "e-print", "src", "tb", "papers":
		return arxivPath(rest)
	case "ftp":
		if parts := strings.Split(rest, "/"); len(parts) == 4 && parts[1] == "papers" {
			if id, version, ok := arxivPath(parts[3]); ok {
				return id, version, true
			}
			return arxivPath(parts[0] + "/" + parts[3])
		}
	}
	return "", 0, false
}

// arxivPath reads an arXiv id at the beginning of a path, with what may stand
// around it: "arXiv:", an ending, further parts.
func arxivPath(path string) (ID, int, bool) {
	if len(path) > 6 && strings.EqualFold(path[:6], "arxiv:") {
		path = path[6:]
	}
	parts := strings.SplitN(path, "/", 3)
	for n := min(len(parts), 2); n > 0; n-- { // an old id has two parts
		name := cutSuffixes(strings.Join(parts[:n], "/"), ".pdf", ".md", ".html", ".ps.gz", ".ps", ".gz")
		if id, version, ok := known("arxiv", name); ok {
			return id, version, true
		}
	}
	return "", 0, false
}

// biorxivURL reads a DOI of bioRxiv or medRxiv with what they put after it:
// 10.1101/2020.01.30.927871v2.full.pdf.
func biorxivURL(doi string) (ID, int, bool) {
	prefix, name, _ := strings.Cut(doi, "/")
	name, _, _ = strings.Cut(name, "/")
	end := 0
	for end < len(name) && (name[end] == '.' || '0' <= name[end] && name[end] <= '9') {
		end++
	}
	rest := name[end:]
	version := 0
	if strings.HasPrefix(rest, "v") {
		tag, _, _ := strings.Cut(rest, ".")
		_, version = cutVersion("x" + tag)
	}
	id, _, ok := known("doi", prefix+"/"+strings.TrimRight(name[:end], "."))
	return id, version, ok
}

// fromDOI returns the part of a path from where a DOI begins; "" if none does.
func fromDOI(path string) string {
	if strings.HasPrefix(path, "10.") {
		return path
	}
	if i := strings.Index(path, "/10."); i >= 0 {
		return path[i+1:]
	}
	return ""
}

// cutSuffixes removes the first of the endings that s has.
func cutSuffixes(s string, endings ...string) string {
	for _, e := range endings {
		if cut, ok := strings.CutSuffix(s, e); ok {
			return cut
		}
	}
	return s
}
