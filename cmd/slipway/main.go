// Command slipway takes a release from a plan to a service in operation.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Set by the linker; see the Makefile.
var (
	version = "dev"
	commit  = "unknown"
)

// cli is every subcommand. Each flag can be given as SLIPWAY_… instead.
type cli struct {
	Serve    serveCmd    `cmd:"" help:"Serve the pages. The first start on an empty database shows a first-run page."`
	Demo     demoCmd     `cmd:"" help:"Serve, after filling an empty data folder with a realistic organisation."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database up to date; refuses a newer schema."`
	User     userCmd     `cmd:"" help:"Administer accounts offline."`
	Token    tokenCmd    `cmd:"" help:"Administer API tokens offline."`
	Dml      DMLCmd      `cmd:"" help:"The media library from a shell."`
	Audit    auditCmd    `cmd:"" help:"The record of who did what."`
	Simulate simulateCmd `cmd:"" help:"Play devices that fetch, to find out how many a server can serve."`
	Version  versionCmd  `cmd:"" help:"Version, commit and schema."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// run gives the exit status: 0 success, 2 a usage mistake, 1 the rest.
func run(ctx context.Context, args []string) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c, kong.Name("slipway"), kong.DefaultEnvars("SLIPWAY"),
		kong.Description("Release and deployment management, from plan to close."),
		kong.Exit(func(code int) { exited = code }), kong.BindTo(ctx, (*context.Context)(nil)), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(os.Stderr, "slipway:", err)
		return 1
	}
	if len(args) == 0 || args[0] == "help" {
		args = append(args[min(len(args), 1):], "--help")
	}
	call, err := parser.Parse(args)
	if exited >= 0 { // --help has been printed
		return exited
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "slipway:", err)
		return 2
	}
	if err := call.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "slipway:", err)
		return 1
	}
	return 0
}
