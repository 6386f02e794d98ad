package ollama

import (
	"fmt"
	"strings"
)

// A family is a group of models that were trained with the same prompts.
// Ollama puts nothing before a text, so we must.
type family struct {
	match    string // part of the model's name, lower case
	document string // put before the text of a paper
	query    string // put before what a person typed
	shortest int    // numbers that a shortened vector must have; 0: the model was not trained to be shortened
}

// families lists the prompts for comparing papers with papers, which is most
// of what Kindred does; so a model with a symmetric or a clustering prompt
// gets that one for both kinds. The first match counts. The source of a row is
// the model's card, https://huggingface.co/NAME, read in 2026 as far as it is
// quoted.
//
// A vector may be shortened where the card says that the model was trained for
// it (Matryoshka representation learning, Kusupati et al., arXiv:2205.13147).
// shortest is the smallest size that the card names.
var families = []family{
	// nomic-ai/nomic-embed-text-v2-moe: "Please use search_query: before your
	// queries/questions, and search_document: before your documents"; "flexible
	// dimension from 768 to 256 through Matryoshka representation learning".
	{"nomic-embed-text-v2", "search_document: ", "search_query: ", 256},
	// nomic-ai/nomic-embed-text-v1.5: "the text prompt must include a task
	// instruction prefix"; "clustering" is the one for grouping texts by topic.
	// Its table of dimensions ends with 64.
	{"nomic-embed-text", "clustering: ", "clustering: ", 64},
	// google/embeddinggemma-300m, "Prompt Instructions": "task: clustering |
	// query: {content}"; "768, with smaller options available (512, 256, or 128)".
	{"embeddinggemma", "task: clustering | query: ", "task: clustering | query: ", 128},
	// intfloat/multilingual-e5-large-instruct: "Instruct: {task}\nQuery: {query}"
	// for queries; "No need to add instruction for retrieval documents".
	{"e5-large-instruct", "", "Instruct: Given a description of a research topic, retrieve papers on that topic\nQuery: ", 0},
	// intfloat/multilingual-e5-large, FAQ 1: "Use "query: " prefix for symmetric
	// tasks such as semantic similarity, bitext mining, paraphrase retrieval."
	{"e5", "query: ", "query: ", 0},
	// Qwen/Qwen3-Embedding-0.6B: get_detailed_instruct gives "Instruct:
	// {task}\nQuery:{query}", for queries only; "user-defined output dimensions
	// ranging from 32 to 1024" (2560 and 4096 for the larger ones).
	{"qwen3-embedding", "", "Instruct: Given a description of a research topic, retrieve papers on that topic\nQuery:", 32},
	// mixedbread-ai/mxbai-embed-large-v1, "Using a Prompt": for retrieval tasks the
	// query is preceded by it, "for other tasks, the text can be used as-is". It
	// was trained to be shortened; https://www.mixedbread.ai/docs/embeddings.
	{"mxbai-embed-large", "", "Represent this sentence for searching relevant passages: ", 128},
	{"mxbai-embed", "", "Represent this sentence for searching relevant passages: ", 0},
	// Snowflake/snowflake-arctic-embed-l-v2.0, "Usage": "query: " before queries,
	// nothing before documents; Matryoshka to 256.
	{"snowflake-arctic-embed2", "", "query: ", 256},
	{"snowflake-arctic-embed-l-v2", "", "query: ", 256},
	{"snowflake-arctic-embed-m-v2", "", "query: ", 256},
	// Snowflake/snowflake-arctic-embed-m-v1.5: the prompt of version 1; its quality
	// is given at 256 dimensions.
	{"snowflake-arctic-embed-m-v1.5", "", "Represent this sentence for searching relevant passages: ", 256},
	// Snowflake/snowflake-arctic-embed-l, "Usage".
	{"snowflake-arctic-embed", "", "Represent this sentence for searching relevant passages: ", 0},
	// BAAI/bge-m3, FAQ: no instruction before queries any more.
	{"bge-m3", "", "", 0},
	// BAAI/bge-small-en-v1.5, "Model List", column "query instruction for
	// retrieval"; nothing before passages.
	{"bge", "", "Represent this sentence for searching relevant passages: ", 0},
	// sentence-transformers/all-MiniLM-L6-v2 and
	// ibm-granite/granite-embedding-30m-english encode the bare text under "Usage".
	{"all-minilm", "", "", 0},
	{"granite-embedding", "", "", 0},
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

// checkDim refuses to shorten vectors of full numbers to dim where the model
// was not trained for it: the first numbers of any other model's vectors mean
// little by themselves.
func (f family) checkDim(dim, full int) error {
	switch {
	case dim == full:
		return nil
	case f.shortest == 0:
		return fmt.Errorf("its vectors have %d dimensions, and it was not trained for shorter ones; models that were: %s", full, strings.Join(shortenable(), ", "))
	case dim < f.shortest || dim > full:
		return fmt.Errorf("it cannot give %d dimensions: want %d to %d", dim, f.shortest, full)
	}
	return nil
}

// shortenable lists the families that may be shortened.
func shortenable() []string {
	var names []string
	for _, f := range families {
		if f.shortest > 0 {
			names = append(names, f.match)
		}
	}
	return names
}
