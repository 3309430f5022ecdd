package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/client/fleet"
)

// simulateCmd plays devices against a server, so that its size can be found out.
type simulateCmd struct {
	Server       string        `arg:"--server,env:SERVER,required" placeholder:"URL" help:"The server, as devices reach it."`
	GatewayToken string        `arg:"--gateway-token,env:GATEWAY_TOKEN,required" placeholder:"TOKEN" help:"Gateway token of the environment that the devices stand in; a first poll adds a device to it."`
	Devices      int           `arg:"--devices,env:DEVICES" default:"100" help:"How many devices are played."`
	First        int           `arg:"--first,env:FIRST" default:"1" help:"Number of the first, where several machines play a fleet together."`
	Prefix       string        `arg:"--prefix,env:PREFIX" default:"sim-" help:"What their names begin with."`
	FailPercent  float64       `arg:"--fail-percent,env:FAIL_PERCENT" help:"Percent of them that report a failure after installing."`
	Every        time.Duration `arg:"--every,env:EVERY" help:"Time between two polls of a device; what the server says when left out."`
	Boot         time.Duration `arg:"--boot,env:BOOT" default:"1s" help:"Time from installed to confirmed."`
	For          time.Duration `arg:"--for,env:FOR" help:"How long they are played; until interrupted when left out."`
	Once         bool          `arg:"--once,env:ONCE" help:"End once every device has closed one deployment."`
	NoDownload   bool          `arg:"--no-download,env:NO_DOWNLOAD" help:"Report without fetching the files."`
	Connections  int           `arg:"--connections,env:CONNECTIONS" default:"256" help:"Connections at the same time."`
}

// Validate finds usage mistakes.
func (s simulateCmd) Validate() error {
	if s.Devices < 1 || s.Devices > 1_000_000 || s.FailPercent < 0 || s.FailPercent > 100 || s.Connections < 1 {
		return errors.New("play 1 to 1,000,000 devices, of which 0 to 100 percent fail, over one connection at least")
	}
	return nil
}

// Run plays the devices and prints what came of it. The exit status is 1 when a
// report was lost.
func (s simulateCmd) Run(ctx context.Context) error {
	if s.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.For)
		defer cancel()
	}
	result := fleet.Run(ctx, fleet.Config{Server: s.Server, Token: s.GatewayToken, Devices: s.Devices, First: s.First, Prefix: s.Prefix, FailPercent: s.FailPercent,
		Every: s.Every, Boot: s.Boot, Connections: s.Connections, NoDownload: s.NoDownload, Once: s.Once})
	fmt.Print(result)
	if n := result.Lost(); n > 0 {
		return fmt.Errorf("%d reports were lost", n)
	}
	return nil
}
