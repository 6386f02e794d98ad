package ollama

import "strings"

// A family is a group of models that were trained with the same prompts.
// Ollama puts nothing before a text, so we must.
type family struct {
	match    string // part of the model's name, lower case
	document string // put before the text of a paper
	query    string // put before what a person typed
}

// families lists the prompts for comparing papers with papers, which is most
// of what Kindred does; so a model with a symmetric or a clustering prompt
// gets that one for both kinds. The first match counts. Each model's card, by
// its name on Hugging Face, is the source.
var families = []family{
	// nomic-ai/nomic-embed-text-v1.5: a task prefix is required; "clustering" is
	// the one for grouping texts by topic.
	{"nomic-embed-text", "clustering: ", "clustering: "},
	// google/embeddinggemma-300m, "Prompt Instructions".
	{"embeddinggemma", "task: clustering | query: ", "task: clustering | query: "},
	// intfloat/multilingual-e5-large, FAQ 1: "query: " on both sides for
	// symmetric tasks.
	{"e5", "query: ", "query: "},
	// Qwen/Qwen3-Embedding-0.6B: an instruction for queries, none for documents.
	{"qwen3-embedding", "", "Instruct: Given a description of a research topic, retrieve papers on that topic\nQuery:"},
	// mixedbread-ai/mxbai-embed-large-v1, "Using a Prompt".
	{"mxbai-embed", "", "Represent this sentence for searching relevant passages: "},
	// Snowflake/snowflake-arctic-embed-l-v2.0 and -l (version 1), "Usage".
	{"snowflake-arctic-embed2", "", "query: "},
	{"snowflake-arctic-embed", "", "Represent this sentence for searching relevant passages: "},
	// BAAI/bge-m3, FAQ: no instruction.
	{"bge-m3", "", ""},
	// BAAI/bge-small-en-v1.5, "Model List".
	{"bge", "", "Represent this sentence for searching relevant passages: "},
	// sentence-transformers/all-MiniLM-L6-v2, ibm-granite/granite-embedding-30m-english.
	{"all-minilm", "", ""},
	{"granite-embedding", "", ""},
}

// familyOf returns the family of a model by its name, without registry,
// namespace and tag; the zero family, which puts nothing before a text, if we
// know none.
func familyOf(model string) family {
	name := strings.ToLower(model[strings.LastIndexByte(model, '/')+1:])
	name, _, _ = strings.Cut(name, ":")
	for _, f := range families {
		if strings.Contains(name, f.match) {
			return f
		}
	}
	return family{}
}

// prompt returns the prompt for texts of a kind.
func (f family) prompt(query bool) string {
	if query {
		return f.query
	}
	return f.document
}
