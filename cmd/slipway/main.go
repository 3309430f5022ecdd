// Command slipway takes a release from a plan to a service in operation.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alexflint/go-arg"
)

// Set by the linker; see the Makefile.
var (
	version = "dev"
	commit  = "unknown"
)

// cli is every subcommand. Each flag can be given as SLIPWAY_… instead.
type cli struct {
	Serve    *serveCmd    `arg:"subcommand:serve" help:"Serve the pages. The first start on an empty database shows a first-run page."`
	Demo     *demoCmd     `arg:"subcommand:demo" help:"Serve, after filling an empty data folder with a realistic organisation."`
	Migrate  *migrateCmd  `arg:"subcommand:migrate" help:"Bring the database up to date; refuses a newer schema."`
	User     *userCmd     `arg:"subcommand:user" help:"Administer accounts offline."`
	Token    *tokenCmd    `arg:"subcommand:token" help:"Administer API tokens offline."`
	Dml      *DMLCmd      `arg:"subcommand:dml" help:"The media library from a shell."`
	Audit    *auditCmd    `arg:"subcommand:audit" help:"The record of who did what."`
	Simulate *simulateCmd `arg:"subcommand:simulate" help:"Play devices that fetch, to find out how many a server can serve."`
	Version  *versionCmd  `arg:"subcommand:version" help:"Version, commit and schema."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// command is what a subcommand's flags were read into.
type command interface {
	Run(context.Context) error
}

// validator is a command with rules beyond those of its single flags. What it
// finds is a usage mistake.
type validator interface {
	Validate() error
}

// Description stands above the help.
func (cli) Description() string {
	return "Release and deployment management, from plan to close."
}

// Epilogue stands below the help.
func (cli) Epilogue() string {
	return "slipway help COMMAND tells the flags of one command."
}

// run gives the exit status: 0 success, 2 a usage mistake, 1 the rest.
func run(ctx context.Context, args []string) int {
	parser, err := arg.NewParser(arg.Config{Program: "slipway", EnvPrefix: "SLIPWAY_"}, new(cli))
	if err != nil {
		fmt.Fprintln(os.Stderr, "slipway:", err)
		return 1
	}
	if len(args) == 0 || args[0] == "help" {
		args = append(args[min(len(args), 1):], "--help")
	}
	err = parser.Parse(args)
	if errors.Is(err, arg.ErrHelp) {
		parser.WriteHelp(os.Stdout)
		return 0
	}
	called, complete := parser.Subcommand().(command)
	if err == nil && !complete {
		err = errors.New("name one of its commands")
	}
	if rules, ok := called.(validator); ok && err == nil {
		err = rules.Validate()
	}
	if err != nil {
		help := append([]string{"slipway", "help"}, parser.SubcommandNames()...)
		fmt.Fprintf(os.Stderr, "slipway: %v; see: %s\n", err, strings.Join(help, " "))
		return 2
	}
	if err := called.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "slipway:", err)
		return 1
	}
	return 0
}

// words are the values of a flag that may be repeated; one value may also hold
// several, with commas between.
type words []string

// UnmarshalText adds the values of one use of the flag.
func (w *words) UnmarshalText(text []byte) error {
	*w = append(*w, strings.Split(string(text), ",")...)
	return nil
}

// choice reads one of the values that a flag allows.
func choice(flag, value string, allowed ...string) error {
	if !slices.Contains(allowed, value) {
		return fmt.Errorf("--%s is one of %s, not %q", flag, strings.Join(allowed, ", "), value)
	}
	return nil
}
