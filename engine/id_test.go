package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParseID(t *testing.T) {
	const hash = "649def34f8be52c8b66281af98ae884c09aef38b" // the example of Semantic Scholar's API guide
	tests := []struct {
		in      string
		want    ID
		version int
	}{
		// arXiv, new style
		{"2503.11731", "arxiv:2503.11731", 0},
		{"2503.11731v2", "arxiv:2503.11731", 2},
		{" 2503.11731V12\n", "arxiv:2503.11731", 12},
		{"0704.0001", "arxiv:0704.0001", 0},
		{"1412.9999", "arxiv:1412.9999", 0},
		{"1501.00001", "arxiv:1501.00001", 0},
		{"arxiv:2503.11731", "arxiv:2503.11731", 0},
		{"arXiv:2503.11731v3", "arxiv:2503.11731", 3},
		{"ARXIV: 2503.11731", "arxiv:2503.11731", 0},
		{"oai:arXiv.org:2503.11731v1", "arxiv:2503.11731", 1},
		// arXiv, old style
		{"hep-th/9901001", "arxiv:hep-th/9901001", 0},
		{"hep-th/9901001v4", "arxiv:hep-th/9901001", 4},
		{"math.GT/0309136", "arxiv:math/0309136", 0},
		{"math/0309136", "arxiv:math/0309136", 0},
		{"arXiv:cond-mat.mes-hall/0703772v1", "arxiv:cond-mat/0703772", 1},
		{"CS.CL/0102001", "arxiv:cs/0102001", 0},
		{"cmp-lg/9405001", "arxiv:cmp-lg/9405001", 0},
		// arXiv as DOI
		{"10.48550/arXiv.2503.11731", "arxiv:2503.11731", 0},
		{"doi:10.48550/ARXIV.2503.11731v2", "arxiv:2503.11731", 2},
		{"https://doi.org/10.48550/arXiv.2503.11731", "arxiv:2503.11731", 0},
		{"10.48550/arXiv.hep-th/9901001", "arxiv:hep-th/9901001", 0},
		{"10.48550/arXiv.other", "doi:10.48550/arxiv.other", 0},
		// arXiv URLs
		{"https://arxiv.org/abs/2503.11731v2", "arxiv:2503.11731", 2},
		{"http://www.arxiv.org/abs/2503.11731?context=cs#top", "arxiv:2503.11731", 0},
		{"HTTPS://ArXiv.org/abs/2503.11731/", "arxiv:2503.11731", 0},
		{"https://arxiv.org/pdf/2503.11731v1.pdf", "arxiv:2503.11731", 1},
		{"https://arxiv.org/pdf/hep-th/9901001.pdf", "arxiv:hep-th/9901001", 0},
		{"https://arxiv.org/abs/hep-th%2F9901001", "arxiv:hep-th/9901001", 0},
		{"https://arxiv.org/abs/math.GT/0309136", "arxiv:math/0309136", 0},
		{"https://arxiv.org/html/2503.11731v1/x1.png", "arxiv:2503.11731", 1},
		{"https://arxiv.org/abs/arXiv:2503.11731", "arxiv:2503.11731", 0},
		{"https://arxiv.org/ftp/arxiv/papers/0704/0704.0001.pdf", "arxiv:0704.0001", 0},
		{"https://arxiv.org/ftp/hep-th/papers/9901/9901001.pdf", "arxiv:hep-th/9901001", 0},
		{"https://export.arxiv.org/abs/2503.11731", "arxiv:2503.11731", 0},
		{"https://browse.arxiv.org/pdf/2503.11731", "arxiv:2503.11731", 0},
		{"https://ar5iv.labs.arxiv.org/html/2503.11731", "arxiv:2503.11731", 0},
		{"https://ar5iv.org/abs/hep-th/9901001", "arxiv:hep-th/9901001", 0},
		{"arxiv.org/abs/2503.11731", "arxiv:2503.11731", 0},
		// other sites of arXiv papers
		{"https://huggingface.co/papers/2503.11731", "arxiv:2503.11731", 0},
		{"https://huggingface.co/papers/2503.11731.md", "arxiv:2503.11731", 0},
		{"https://huggingface.co/api/papers/2503.11731", "arxiv:2503.11731", 0},
		{"hf.co/papers/2503.11731", "arxiv:2503.11731", 0},
		{"https://www.alphaxiv.org/abs/2503.11731v2", "arxiv:2503.11731", 2},
		{"https://www.alphaxiv.org/de/overview/2503.11731", "arxiv:2503.11731", 0},
		// DOI
		{"10.1145/3292500.3330701", "doi:10.1145/3292500.3330701", 0},
		{"doi:10.1103/PhysRevD.76.013009", "doi:10.1103/physrevd.76.013009", 0},
		{"DOI: 10.1103/PhysRevD.76.013009", "doi:10.1103/physrevd.76.013009", 0},
		{"https://doi.org/10.1103/PhysRevD.76.013009", "doi:10.1103/physrevd.76.013009", 0},
		{"http://dx.doi.org/10.1002/(SICI)1097-4571(199806)49:8%3C693::AID-ASI4%3E3.0.CO;2-O", "doi:10.1002/(sici)1097-4571(199806)49:8<693::aid-asi4>3.0.co;2-o", 0},
		{"doi:https://doi.org/10.1000/182", "doi:10.1000/182", 0},
		{"doi.org/10.1000/182", "doi:10.1000/182", 0},
		{"10.1000.10/123", "doi:10.1000.10/123", 0},
		{"https://dl.acm.org/doi/abs/10.1145/3292500.3330701", "doi:10.1145/3292500.3330701", 0},
		{"https://www.biorxiv.org/content/10.1101/2020.01.30.927871v2.full.pdf+html", "doi:10.1101/2020.01.30.927871", 2},
		{"https://www.biorxiv.org/content/10.1101/339747v1", "doi:10.1101/339747", 1},
		{"https://www.medrxiv.org/content/10.1101/2020.02.07.20021071v1.full-text", "doi:10.1101/2020.02.07.20021071", 1},
		{"https://www.biorxiv.org/content/10.1101/339747.full", "doi:10.1101/339747", 0},
		// Semantic Scholar
		{hash, ID("s2:" + hash), 0},
		{strings.ToUpper(hash), ID("s2:" + hash), 0},
		{"https://www.semanticscholar.org/paper/Construction-of-the-Literature-Graph/" + hash, ID("s2:" + hash), 0},
		{"https://www.semanticscholar.org/paper/" + hash + "/figure/2?x=1", ID("s2:" + hash), 0},
		{"CorpusId:13756489", "corpusid:13756489", 0},
		{"CorpusID:13756489", "corpusid:13756489", 0},
		{"https://api.semanticscholar.org/CorpusID:13756489", "corpusid:13756489", 0},
		{"https://api.semanticscholar.org/graph/v1/paper/arXiv:1706.03762", "arxiv:1706.03762", 0},
		{"https://api.semanticscholar.org/graph/v1/paper/DOI%3A10.1000%2F182", "doi:10.1000/182", 0},
		{"MAG:112218234", "mag:112218234", 0},
		{"ACL:w12-3903", "acl:W12-3903", 0},
		{"PMID:19872477", "pmid:19872477", 0},
		{"PMCID:2323736", "pmcid:2323736", 0},
		{"pmcid:PMC2323736", "pmcid:2323736", 0},
		{"PMC2323736", "pmcid:2323736", 0},
		{"URL:https://arxiv.org/abs/2106.15928v1", "arxiv:2106.15928", 1},
		{"url: arxiv.org/abs/2106.15928", "arxiv:2106.15928", 0},
		// OpenReview, ACL Anthology, PubMed
		{"https://openreview.net/forum?id=05T81ScPFb", "openreview:05T81ScPFb", 0},
		{"https://openreview.net/pdf?id=-JwmfQC6IRt", "openreview:-JwmfQC6IRt", 0},
		{"https://openreview.net/forum?id=B1-Hhnslg&noteId=abcdefg", "openreview:B1-Hhnslg", 0},
		{"https://aclanthology.org/2024.acl-long.1/", "acl:2024.acl-long.1", 0},
		{"https://aclanthology.org/2024.acl-long.1v2.pdf", "acl:2024.acl-long.1", 2},
		{"https://www.aclweb.org/anthology/W12-3903", "acl:W12-3903", 0},
		{"https://www.aclweb.org/anthology/papers/W/W12/W12-3903/", "acl:W12-3903", 0},
		{"https://pubmed.ncbi.nlm.nih.gov/31978945/", "pmid:31978945", 0},
		{"https://www.ncbi.nlm.nih.gov/pubmed/31978945", "pmid:31978945", 0},
		{"https://www.ncbi.nlm.nih.gov/pmc/articles/PMC7092803/pdf/x.pdf", "pmcid:7092803", 0},
		{"https://pmc.ncbi.nlm.nih.gov/articles/PMC7092803/", "pmcid:7092803", 0},
		// kept as they are
		{"acl:2024.acl-long.1", "acl:2024.acl-long.1", 0},
		{"acl:D14-2.1", "acl:D14-2.1", 0},
		{"acl:http://www.lrec-conf.org/proceedings/lrec2004/pdf/284.pdf", "acl:http://www.lrec-conf.org/proceedings/lrec2004/pdf/284.pdf", 0},
		{"3dv2025:05T81ScPFb", "3dv2025:05T81ScPFb", 0},
		{"corl2021:-JwmfQC6IRt", "corl2021:-JwmfQC6IRt", 0},
		{"title:0123456789abcdef", "title:0123456789abcdef", 0},
		{"MyLib:Some/Thing#1", "mylib:Some/Thing#1", 0},
		{"arxiv:2503.1173", "arxiv:2503.1173", 0},
		{"論:1", "", 0},
	}
	for _, test := range tests {
		got, version, err := ParseID(test.in)
		if test.want == "" {
			if err == nil {
				t.Errorf("ParseID(%q) = %q, want an error", test.in, got)
			}
			continue
		}
		if err != nil || got != test.want || version != test.version {
			t.Errorf("ParseID(%q) = %q, %d, %v; want %q, %d", test.in, got, version, err, test.want, test.version)
		}
	}
}

func TestParseIDRefuses(t *testing.T) {
	for _, in := range []string{
		"", " ", ":", "attention", "attention:", ":attention", "Attention: a survey", "attention:a survey", "arxiv: a survey", "arXiv: survey",
		"2513.11731", "2500.11731", "2503.1173", "2503.117311", "0703.0001", "1412.00001", "2503.11731v0", "2503.11731vv1",
		"hep-th/990100", "hep-th/9913001", "hep-th/5001001", "nonsense/9901001", "10.1145", "10.1145/", "10.11/x", "10.1145/a b",
		"12345", "PMC", "649def34f8be52c8b66281af98ae884c09aef38", "https://", "https://example.org/10.1145/3292500",
		"https://example.org/abs/2503.11731", "https://arxiv.org/list/cs.LG/new", "https://arxiv.org.evil.example/abs/2503.11731",
		"https://notarxiv.org/abs/2503.11731", "https://arxiv.org/abs/", "https://openreview.net/forum", "https://openreview.net/group?id=ICLR.cc",
		"https://huggingface.co/models", "https://doi.org/", "https://doi.org/10.1000/%zz", "https://doi.org/10.1000/%00x", "https://doi.org/10.1000/a%20b",
		"https:arxiv.org/abs/2503.11731", "url:something", "ftp://arxiv.org/abs/2503.11731", "foo:a\x00b", "foo:\xff", "doi:10.1000/\xff",
		"foo:" + strings.Repeat("x", 600), strings.Repeat("x", 1<<20), "-foo:x", "a/b:c", "foo:a\u00a0b",
	} {
		id, _, err := ParseID(in)
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("ParseID(%.80q) = %q, %v; want ErrInvalid", in, id, err)
		} else if len(err.Error()) > 800 || !strings.Contains(err.Error(), "2503.11731") {
			t.Errorf("ParseID(%.80q): the message should be short and say what is wanted: %v", in, err)
		}
	}
}

func TestIDCheck(t *testing.T) {
	good := []ID{"arxiv:2503.11731", "3dv2025:05T81ScPFb", "acl:2024.acl-long.1", "acl:http://x.org/1.pdf", "a.b+c_d-e:日本", "x:y:z", ID("x:" + strings.Repeat("y", 510))}
	bad := []ID{"", "x", "x:", ":x", "X:y", "_x:y", "x y:z", "x:y z", "x: y", "x:y ", "x:\ty", "x:\x00", "x:\u0085", "x:\xff", "https://x.org", "http:x", "url:x", "ftp://x.org", ID("x:" + strings.Repeat("y", 511))}
	for _, id := range good {
		if err := id.Check(); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, id := range bad {
		if err := id.Check(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%.40q: %v, want ErrInvalid", id, err)
		}
	}
}

func TestIDParts(t *testing.T) {
	for _, test := range []struct {
		id            ID
		scheme, local string
	}{{"a:b:c", "a", "b:c"}, {"a:", "a", ""}, {"a", "", ""}, {"", "", ""}} {
		if s, l := test.id.Scheme(), test.id.Local(); s != test.scheme || l != test.local {
			t.Errorf("%q has scheme %q and local part %q, want %q and %q", test.id, s, l, test.scheme, test.local)
		}
	}
}

func TestLinks(t *testing.T) {
	tests := []struct {
		id   ID
		want []Link
	}{
		{"arxiv:2503.11731", []Link{{"abstract", "https://arxiv.org/abs/2503.11731"}, {"pdf", "https://arxiv.org/pdf/2503.11731"}}},
		{"arxiv:hep-th/9901001", []Link{{"abstract", "https://arxiv.org/abs/hep-th/9901001"}, {"pdf", "https://arxiv.org/pdf/hep-th/9901001"}}},
		{"doi:10.1002/(sici)49:8<693::aid>3.0.co;2-o?#", []Link{{"doi", "https://doi.org/10.1002/%28sici%2949:8%3C693::aid%3E3.0.co;2-o%3F%23"}}},
		{"acl:2024.acl-long.1", []Link{{"abstract", "https://aclanthology.org/2024.acl-long.1/"}, {"pdf", "https://aclanthology.org/2024.acl-long.1.pdf"}}},
		{"acl:http://www.lrec-conf.org/284.pdf", []Link{{"page", "http://www.lrec-conf.org/284.pdf"}}},
		{"openreview:-JwmfQC6IRt", []Link{{"abstract", "https://openreview.net/forum?id=-JwmfQC6IRt"}, {"pdf", "https://openreview.net/pdf?id=-JwmfQC6IRt"}}},
		{"pmid:31978945", []Link{{"abstract", "https://pubmed.ncbi.nlm.nih.gov/31978945/"}}},
		{"pmcid:7092803", []Link{{"page", "https://pmc.ncbi.nlm.nih.gov/articles/PMC7092803/"}}},
		{"corpusid:13756489", []Link{{"page", "https://api.semanticscholar.org/CorpusID:13756489"}}},
		{"s2:649def34f8be52c8b66281af98ae884c09aef38b", []Link{{"page", "https://www.semanticscholar.org/paper/649def34f8be52c8b66281af98ae884c09aef38b"}}},
		{"mag:1", nil}, {"title:0123456789abcdef", nil}, {"cvpr2016:x", nil}, {"arxiv:../../x", nil}, {"acl:D14-2.1", nil}, {"", nil},
	}
	for _, test := range tests {
		got := test.id.links()
		if !slices.Equal(got, test.want) {
			t.Errorf("links of %q:\n got %v\nwant %v", test.id, got, test.want)
		}
		for _, l := range got { // what a link leads to is the paper again
			if back, _, err := ParseID(l.URL); l.Rel != "page" && (err != nil || back != test.id) {
				t.Errorf("ParseID(%q) = %q, %v; want %q", l.URL, back, err, test.id)
			}
		}
	}
}

func FuzzParseID(f *testing.F) {
	for _, s := range []string{
		"2503.11731v2", "arXiv:math.GT/0309136", "10.48550/arXiv.2503.11731", "https://doi.org/10.1000/%C3%A9", "url:arxiv.org/abs/2503.11731",
		"https://www.semanticscholar.org/paper/x/649def34f8be52c8b66281af98ae884c09aef38b", "api.semanticscholar.org/CorpusID:1", "OAI:arXiv.org:0704.0001",
		"acl:http://x.org/1.pdf", "https://openreview.net/forum?id=abcdef", "https://aclanthology.org/W12-3903v2.pdf", "Foo:Bar", "a survey: of things", "doi:DOI:10.1000/İ",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, version, err := ParseID(s)
		if err != nil {
			if id != "" || version != 0 || !errors.Is(err, ErrInvalid) {
				t.Fatalf("ParseID(%q) = %q, %d, %v", s, id, version, err)
			}
			if ID(s).Check() == nil {
				t.Fatalf("%q passes Check and cannot be asked for: %v", s, err)
			}
			return
		}
		if err := id.Check(); err != nil {
			t.Fatalf("ParseID(%q) = %q: %v", s, id, err)
		}
		if again, v, err := ParseID(string(id)); again != id || v != 0 || err != nil {
			t.Fatalf("ParseID(%q) = %q, but of that %q, %d, %v", s, id, again, v, err)
		}
		for _, l := range id.links() {
			if !IsURL(l.URL) {
				t.Fatalf("%q leads to %q", id, l.URL)
			}
		}
	})
}
