package sample

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"aead.dev/minisign"

	"slipway/internal/db"
	"slipway/internal/dml"
)

// supplier is a maker of software who signs what it sends, with a key that
// nobody but this demonstration ever had.
type supplier struct {
	name    string
	public  minisign.PublicKey
	private minisign.PrivateKey
}

// sign gives the .minisig file of a text.
func (s *supplier) sign(text, fileName string, st *stage) ([]byte, error) {
	r := minisign.NewReader(strings.NewReader(text))
	if _, err := io.Copy(io.Discard, r); err != nil {
		return nil, err
	}
	comment := fmt.Sprintf("timestamp:%d\tfile:%s", st.app.DB.Now().Std().Unix(), fileName)
	return r.SignWithComments(s.private, comment, "signature of "+s.name), nil
}

// trust makes the key and has the custodian keep its public half.
func (s *supplier) trust(st *stage) deed {
	return func(ctx context.Context) (err error) {
		if s.public, s.private, err = minisign.GenerateKey(rand.Reader); err != nil {
			return err
		}
		_, err = st.app.DML.TrustKey(ctx, st.who["cora"], dml.TrustedKey{Name: "Release signing", Holder: s.name, Kind: dml.MinisignKey, Text: s.public.String()})
		return explain("trusted key", err)
	}
}

// signed puts the supplier's signature beside a version before it is decided on.
func (s *supplier) signed(st *stage, text string, decide func(context.Context, *dml.Version) error) func(context.Context, *dml.Version) error {
	return func(ctx context.Context, v *dml.Version) error {
		signature, err := s.sign(text, v.FileName, st)
		if err != nil {
			return err
		}
		if _, err := st.app.DML.Attach(ctx, st.who["bruno"], v.ID, v.FileName+".minisig", bytes.NewReader(signature)); err != nil || decide == nil {
			return explain("signature", err)
		}
		return again(ctx, st, v, decide)
	}
}

// again does the rest with a version as it is now.
func again(ctx context.Context, st *stage, v *dml.Version, decide func(context.Context, *dml.Version) error) error {
	if err := st.app.DB.View(ctx, func(tx *db.Tx) (err error) { v, err = st.app.DML.VersionByID(tx, v.ID); return err }); err != nil {
		return err
	}
	return decide(ctx, v)
}

// billed puts a bill of materials with those parts beside a version first.
func billed(st *stage, parts string, decide func(context.Context, *dml.Version) error) func(context.Context, *dml.Version) error {
	return func(ctx context.Context, v *dml.Version) error {
		text := fmt.Sprintf(`{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{"component":{"type":"firmware","name":%q,"version":%q}},"components":[%s]}`, v.ItemName, v.Label, parts)
		if _, err := st.app.DML.Attach(ctx, st.who["bruno"], v.ID, v.FileName+".cdx.json", strings.NewReader(text)); err != nil || decide == nil {
			return explain("bill of materials", err)
		}
		return again(ctx, st, v, decide)
	}
}

// modemParts are what the modem's firmware is made of, in some version.
func modemParts(openssl, lwip, terms string) string {
	return fmt.Sprintf(`{"type":"library","name":"openssl","version":%q,"purl":"pkg:generic/openssl@%s","licenses":[{"license":{"id":"Apache-2.0"}}]},
		{"type":"library","name":"zlib","version":"1.3.1","purl":"pkg:generic/zlib@1.3.1","licenses":[{"license":{"id":"Zlib"}}]},
		{"type":"library","name":"lwip","version":%q,"purl":"pkg:generic/lwip@%s","licenses":[{"license":{"id":%q}}]}`, openssl, openssl, lwip, lwip, terms)
}
