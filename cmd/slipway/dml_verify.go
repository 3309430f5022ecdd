package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"slipway/internal/client"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
	"slipway/internal/identity"
)

type dmlVerifyCmd struct {
	dataFlags
	serverFlags
	Version  string `arg:"positional" help:"ITEM:VERSION or a digest; everything when left out."`
	Rehearse string `arg:"--rehearse,env:REHEARSE" placeholder:"USER" help:"Record it as a restore rehearsal of the version, held by this custodian."`
	From     string `arg:"--from,env:FROM" help:"Read a media folder that was restored from a backup instead of the library's own."`
	Note     string `arg:"--note,env:NOTE" help:"Which copy was read, for the record of the rehearsal."`
	JSON     bool   `arg:"--json,env:JSON" help:"Print one JSON object for each that was hashed; of all that a server has, one for the whole."`
}

// Validate finds usage mistakes.
func (c dmlVerifyCmd) Validate() error {
	if c.Server != "" && (c.Rehearse != "" || c.From != "") {
		return errors.New("a rehearsal reads a data folder, so it goes without --server")
	}
	return c.check()
}

// Run hashes the bytes again. What is damaged becomes suspect, and the exit
// status is 1.
func (c dmlVerifyCmd) Run(ctx context.Context) error {
	if c.Rehearse != "" || c.From != "" {
		return c.rehearse(ctx)
	}
	if c.Server != "" {
		return c.ask(ctx)
	}
	a, err := c.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer a.Close()
	var digests []blob.Digest
	ref := ""
	if c.Version != "" {
		v, err := a.DML.Lookup(ctx, identity.System("command line"), c.Version)
		if err != nil {
			return err
		}
		digests, ref = append(digests, v.Digest), v.Ref()
	} else if digests, err = a.DML.Digests(ctx); err != nil {
		return err
	}
	shown, damaged := newProgress(os.Stderr, "Hashing", 0), 0
	for _, d := range digests {
		before := shown.done
		err := a.DML.RecheckWith(ctx, d, shown.add)
		if errors.Is(err, fault.Refused) {
			damaged++
		} else if err != nil {
			shown.end()
			return err
		}
		if err := c.tell(shown, client.Verification{Ref: ref, Digest: d.String(), Size: shown.done - before, Intact: err == nil}); err != nil {
			return err
		}
	}
	shown.end()
	return c.sum(len(digests), damaged)
}

// ask has a server hash one version again, or everything.
func (c dmlVerifyCmd) ask(ctx context.Context) error {
	shown := newProgress(os.Stderr, "Hashing", 0)
	server, err := c.connect(shown)
	if err != nil {
		return err
	}
	if c.Version == "" {
		return c.askAll(ctx, server, shown)
	}
	m, err := server.Find(ctx, c.Version)
	if err != nil {
		return stopped(ctx, err)
	}
	v, err := server.Verify(ctx, m.ID)
	if err != nil {
		return stopped(ctx, err)
	}
	damaged := 0
	if !v.Intact {
		damaged = 1
	}
	return errors.Join(c.tell(shown, *v), c.sum(1, damaged))
}

// askAll has a server hash everything again. Interrupting the command does not
// stop it.
func (c dmlVerifyCmd) askAll(ctx context.Context, server *client.Client, shown *progress) error {
	v, err := server.VerifyAll(ctx, func(v *client.LibraryVerification) {
		shown.total = v.Bytes
		shown.at(v.DoneBytes)
	})
	shown.end()
	if err != nil {
		return goesOn(ctx, err)
	}
	if c.JSON {
		if err := show(os.Stdout, true, v, nil); err != nil {
			return err
		}
	} else {
		for _, d := range v.Suspects {
			if _, err := fmt.Printf("%s\tdamaged or missing\t%s\n", d.Digest, strings.Join(d.Versions, " ")); err != nil {
				return err
			}
		}
	}
	if v.State == client.Failed {
		return fmt.Errorf("%d of %d blobs were hashed, and then the store could not be read: %s", v.DoneBlobs, v.Blobs, v.Error)
	}
	return c.sum(int(v.DoneBlobs), int(v.Damaged))
}

// tell prints what was found, or only what is wrong.
func (c dmlVerifyCmd) tell(shown *progress, v client.Verification) error {
	if c.JSON {
		shown.end()
		return show(os.Stdout, true, v, nil)
	}
	if v.Intact {
		return nil
	}
	shown.end()
	_, err := fmt.Printf("%s\tdamaged or missing\n", v.Digest)
	return err
}

func (c dmlVerifyCmd) sum(all, damaged int) error {
	if damaged > 0 {
		return fmt.Errorf("%d of %d blobs are damaged or missing; submit the same bytes again to heal them", damaged, all)
	}
	if !c.JSON {
		fmt.Printf("All match their digests: %d verified.\n", all)
	}
	return nil
}
