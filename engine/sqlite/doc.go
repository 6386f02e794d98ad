// Package sqlite is the engine.Store of one machine: a SQLite file, by
// modernc.org/sqlite, which needs no C compiler.
//
// Several processes may have one file open, a server and the command line
// beside it, say. Each has one connection that writes, with BEGIN IMMEDIATE,
// and some that only read. SQLite's write-ahead log gives every reader a
// snapshot and lets it read while another writes; commits are synced to disk
// (synchronous=FULL), so what was acknowledged survives kill -9 and loss of
// power.
//
// # How the change sequence is kept
//
// There is no log of changes. The table state has one row with the last
// number; a transaction that changes something reads it, counts on, and
// writes it back, which BEGIN IMMEDIATE makes safe. Each row that changed
// carries its newest number: papers.seq, events.seq, and vectors.seq, which
// moves also when only the paper behind the vector does. Changes then is a
// walk along the index (space, seq) of vectors, from the number asked for.
// The row of a removed paper's vector stays, empty, with the number of the
// removal, so that indexes hear of it.
//
// # How a paper finds its vector
//
// papers.text is a digest of the text that is embedded, vectors.text that of
// the text a vector is of. Where they differ, or there is no vector, and no
// row of failures with the present digest, the paper is in queue. PutPapers
// queues for every space, PutSpace queues what was there before the space.
//
// migrations/*.sql say what each table holds.
package sqlite
