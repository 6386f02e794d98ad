// Package testdata holds the files that several packages test with, and gives
// the program its sample corpus. README.md records where each file is from.
package testdata

import _ "embed"

// SamplePage is the text of the papers page that Kindred grew from: 52 papers,
// in the format of importer.Page.
//
//go:embed papers-page.txt
var SamplePage string
