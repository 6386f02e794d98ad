// Kindred finds the research papers that are like the ones you like, on your
// own machine. This directory is the one binary: it reads flags, environment
// and config.toml, puts the parts together and prints answers. What is similar
// and what comes first is decided in package engine; start reading there.
//
//	main.go     the list of subcommands, signals, exit codes
//	config.go   settings and where they come from
//	open.go     a data directory becomes an engine
//	client.go   questions go to the running server, or to an engine of our own
//	serve.go    the server
//	beside.go   an import embeds while it stores
//	…           one file for each further group of subcommands
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"kindred/embed"
	"kindred/engine"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], system())) }

// An env is what the program touches of the world around it.
type env struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
}

func system() env { return env{os.Getenv, os.Stdin, os.Stdout, os.Stderr} }

// Exit codes, for scripts.
const (
	exitOK          = 0
	exitFailed      = 1 // something went wrong
	exitUsage       = 2 // the command line or a setting is wrong
	exitNotFound    = 3 // there is no such paper, token, file
	exitUnavailable = 4 // the embedder cannot be reached; trying again may help
)

const exitHelp = `Exit status: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 embedder unavailable.`

// A usageError is the user's, in flags or settings.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run executes one command line and returns the exit code. It returns when the
// command is done or, soon after, when ctx ends or an interrupt arrives.
func run(ctx context.Context, args []string, sys env) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := commands(sys)
	root.SetArgs(args)
	root.SetIn(sys.stdin)
	root.SetOut(sys.stdout)
	root.SetErr(sys.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(sys.stderr, "kindred: %v\n", err)
	var usage usageError
	var answer *answerError
	switch {
	case errors.As(err, &usage):
		fmt.Fprintf(sys.stderr, "Run '%s --help' for how to use it.\n", cmd.CommandPath())
		return exitUsage
	case errors.As(err, &answer):
		return answer.exit()
	case errors.Is(err, engine.ErrInvalid):
		return exitUsage
	case errors.Is(err, engine.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return exitNotFound
	case errors.Is(err, embed.ErrUnavailable), errors.Is(err, embed.ErrSpace):
		return exitUnavailable
	}
	return exitFailed
}

// commands is the table of subcommands.
func commands(sys env) *cobra.Command {
	root := &cobra.Command{
		Use:   "kindred",
		Short: "Finds the papers that are like the ones you like, on your own machine",
		Long: `Kindred finds research papers by meaning. Give it papers and a few likes, and it
answers "what is like this?" and "what should I read next?". Everything stays on
this machine.

  kindred serve                           start the server; the first start loads 52 sample papers
  kindred similar "neural operators"      papers like a text, an id or a URL
  kindred like arxiv:2503.11731           tell it what you like
  kindred feed                            what to read next, and why
  kindred import papers.jsonl.gz          add papers`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          usage(cobra.NoArgs),
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetHelpTemplate(root.HelpTemplate() + "\n" + exitHelp + "\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	settings(root)
	root.AddGroup(&cobra.Group{ID: "ask", Title: "Ask:"}, &cobra.Group{ID: "tell", Title: "Tell:"}, &cobra.Group{ID: "keep", Title: "Keep house:"})
	for group, cmds := range map[string][]*cobra.Command{
		"ask":  {searchCmd(sys), similarCmd(sys), feedCmd(sys), explainCmd(sys), interestsCmd(sys), likesCmd(sys), statusCmd(sys)},
		"tell": {importCmd(sys), likeCmd(sys), dislikeCmd(sys), hideCmd(sys), saveCmd(sys), followCmd(sys), muteCmd(sys), undoCmd(sys), removeCmd(sys)},
		"keep": {serveCmd(sys), doctorCmd(sys), pairCmd(sys), tokenCmd(sys), evalCmd(sys), benchCmd(sys), reembedCmd(sys), distillCmd(sys), spacesCmd(sys), backupCmd(sys), restoreCmd(sys), versionCmd(sys)},
	} {
		for _, c := range cmds {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	return root
}

// usage makes the errors of an argument check usage errors.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}
