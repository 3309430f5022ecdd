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
		if err := st.app.DB.View(ctx, func(tx *db.Tx) (err error) { v, err = st.app.DML.VersionByID(tx, v.ID); return err }); err != nil {
			return err
		}
		return decide(ctx, v)
	}
}
