package sample

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"slipway/internal/change"
	"slipway/internal/db"
	"slipway/internal/dml"
)

// aside tells what goes on beside the releases: freezes, changes that no
// release carries, entitlements, and media that waits for its custodian.
func (st *stage) aside() {
	st.freezes()
	st.changes()
	st.entitlements()
	st.quarantine()
}

func (st *stage) freezes() {
	freeze := func(f change.Freeze, service string) deed {
		return func(ctx context.Context) error {
			f.Zone = Zone
			if service != "" {
				record, err := st.service(ctx, service)
				if err != nil {
					return err
				}
				f.ServiceID, f.ServiceName = record.id, record.name
			}
			_, err := st.app.Change.AddFreeze(ctx, st.who["chen"], f)
			return explain("freeze", err)
		}
	}
	days := func(from, to int, hour int) (db.Time, db.Time) {
		return db.At(st.ago(-from, hour, 0)), db.At(st.ago(-from, hour, 0).AddDate(0, 0, to-from))
	}
	past := change.Freeze{Title: "Move to the new data centre", Reason: "Hosts were moved rack by rack.", Exempt: "emergency"}
	past.StartsAt, past.StopsAt = days(-40, -38, 18)
	st.at(st.ago(60, 9, 20), "freeze of the move", freeze(past, ""))
	month := change.Freeze{Title: "End of month", Reason: "Finance closes the books.", Recurrence: change.Monthly, Exempt: "emergency"}
	month.StartsAt, month.StopsAt = days(6, 8, 18)
	st.at(st.ago(50, 11, 5), "freeze of the month's end", freeze(month, "PAY"))
	count := change.Freeze{Title: "Stock-taking in all halls", Reason: "Every handheld is needed as it is.", Exempt: "emergency"}
	count.StartsAt, count.StopsAt = days(40, 43, 6)
	st.at(st.ago(20, 10, 40), "freeze of the stock-taking", freeze(count, "WHS"))
	gala := change.Freeze{Title: "Opening of the shop in Tromsø", Reason: "The network is filmed."}
	gala.StartsAt, gala.StopsAt = days(12, 13, 8)
	st.at(st.ago(18, 13, 15), "freeze of the opening", freeze(gala, "BRF"))
	st.at(st.ago(6, 15, 30), "the opening is put off", func(ctx context.Context) error {
		list, err := st.app.Change.Freezes(ctx)
		for _, f := range list {
			if err == nil && f.Title == gala.Title {
				err = st.app.Change.CancelFreeze(ctx, st.who["chen"], f.Number, "The opening is put off until spring.", f.Version)
			}
		}
		return explain("cancel the freeze", err)
	})
}

type serviceName struct {
	id   int64
	name string
}

func (st *stage) service(ctx context.Context, key string) (s serviceName, err error) {
	return s, st.app.DB.View(ctx, func(tx *db.Tx) error {
		record, err := st.app.Catalog.FindService(tx, key)
		if err == nil {
			s = serviceName{record.ID, record.Name}
		}
		return err
	})
}

// told is what is said to a change, by whom.
type told struct {
	by, reason string
	verb       change.Verb
}

func (st *stage) changes() {
	open := func(service string, q change.Request, board string, words ...told) deed {
		return func(ctx context.Context) error {
			record, err := st.service(ctx, service)
			if err != nil {
				return err
			}
			q.ServiceID, q.ServiceName, q.Relationship = record.id, record.name, "None; it goes beside the releases."
			c, err := st.app.Change.Open(ctx, st.who["maya"], q)
			if err != nil {
				return explain("change", err)
			}
			version := c.Version
			for _, word := range words {
				if err := st.app.Change.Do(ctx, st.who[word.by], c.Key, word.verb, word.reason, version); err != nil {
					return explain("change "+string(word.verb), err)
				}
				version++
			}
			if board == "" {
				return nil
			}
			return explain("board", st.app.Change.Advise(ctx, st.who["chen"], c.Key, change.BoardRecord{Board: "CAB", Members: "Chen Wei, Olga Petrova, Omar Nasser", Advice: board, Minutes: "Asked for a test of the way back before the next meeting."}))
		}
	}
	whole := []told{{"maya", "", change.Submit}, {"chen", "", change.Assess}, {"olga", "Small, and it pays.", change.Authorise}}
	st.at(st.ago(64, 10, 0), "change of the certificates", open("PAY", change.Request{Title: "New certificates at the gateway", Reason: "The old ones run out.", Return: "Card payments go on.", Risks: "A partner pins the old one",
		Resources: "Two hours of operations", Responsible: "Omar Nasser", WindowStart: db.At(st.ago(60, 21, 0)), WindowEnd: db.At(st.ago(60, 23, 0))}, "recommend",
		append(slices.Clone(whole), told{"chen", "", change.Schedule}, told{"maya", "", change.Implement}, told{"maya", "", change.Review}, told{"olga", "Done in time.", change.Close})...))
	st.at(st.ago(12, 9, 45), "change of the racks", open("WHS", change.Request{Title: "Twenty more charging racks in Aarhus", Reason: "Handhelds queue for power.", Return: "A shift starts ten minutes earlier.", Risks: "Fuses of the hall",
		Resources: "An electrician, one day", Responsible: "Omar Nasser", WindowStart: db.At(st.ago(-9, 8, 0)), WindowEnd: db.At(st.ago(-9, 15, 0))}, "", append(slices.Clone(whole), told{"chen", "", change.Schedule})...))
	st.at(st.ago(4, 14, 20), "change of the line", open("BRF", change.Request{Title: "Second line for the branch in Bergen", Reason: "Diggers.", Return: "The branch stays open.", Risks: "The new line comes in by the same duct",
		Resources: "The carrier, four weeks", Responsible: "Sofia Marttinen"}, "defer", whole[:2]...))
	st.at(st.ago(2, 16, 10), "change of the tariff", open("LOY", change.Request{Title: "Points for returned bottles", Reason: "Asked for by members.", Responsible: "Sofia Marttinen"}, ""))
}

// The licence of the routers' modem is held for every branch that has one.
const (
	radioLicence  = "RADIO-2026"
	branchOffices = 212
)

// entitlements are what the organisation may use, one of them nearly used up.
func (st *stage) entitlements() {
	now := st.now
	for _, l := range []dml.Licence{
		{Key: radioLicence, Name: "Software of the radio modem", Supplier: "Telenord Devices", Terms: dml.Commercial, Metric: dml.PerDevice, Entitled: 230, ValidFrom: db.At(now.AddDate(-1, 0, 0)), ValidTo: db.At(now.AddDate(0, 8, 0)), PurchaseOrder: "PO-88121"},
		{Key: "SCAN-SDK", Name: "Scan library of the handhelds", Supplier: "Optik AS", Terms: dml.Commercial, Metric: dml.PerDevice, Entitled: 600, ValidFrom: db.At(now.AddDate(-2, 0, 0)), ValidTo: db.At(now.AddDate(0, 1, 5)), PurchaseOrder: "PO-80417"},
		{Key: "HSM-SITE", Name: "Key safe firmware", Supplier: "Safe & Sound", Terms: dml.Commercial, Metric: dml.PerSite, Entitled: 2, ValidFrom: db.At(now.AddDate(-1, -3, 0)), PurchaseOrder: "PO-79944"},
	} {
		st.at(st.ago(140, 10, 30), "entitlement "+l.Key, func(ctx context.Context) error {
			return explain("entitlement", st.app.DML.SaveLicence(ctx, st.who["cora"], 0, l))
		})
	}
}

// quarantine is media that came in: one accepted, one turned away, two waiting.
func (st *stage) quarantine() {
	submit := func(by string, sub dml.Submission, text string, decide func(context.Context, *dml.Version) error) deed {
		return func(ctx context.Context) error {
			v, err := st.app.DML.Receive(ctx, st.who[by], sub, bytes.NewReader([]byte(text)))
			if err != nil || decide == nil {
				return explain("media", err)
			}
			return explain("decide on media", decide(ctx, v))
		}
	}
	cora := func(do func(context.Context, int64, int64, dml.Decision) error, note string) func(context.Context, *dml.Version) error {
		return func(ctx context.Context, v *dml.Version) error {
			return do(ctx, v.ID, v.Version, dml.Decision{Note: note})
		}
	}
	accept := func(ctx context.Context, id, version int64, d dml.Decision) error {
		return st.app.DML.Accept(ctx, st.who["cora"], id, version, d)
	}
	reject := func(ctx context.Context, id, version int64, d dml.Decision) error {
		return st.app.DML.Reject(ctx, st.who["cora"], id, version, d)
	}
	modem := dml.Submission{ItemKey: "telenord/modem-firmware", Label: "6.2.0", FileName: "modem-6.2.0.bin", ItemName: "Firmware of the radio modem", Kind: dml.Software, Provenance: dml.Procured,
		Supplier: "Telenord Devices", Licence: dml.Commercial, LicenceKey: radioLicence, Source: "supplier's portal", Site: "Lørenskog", Shelf: "B7"}
	telenord := &supplier{name: modem.Supplier}
	st.at(st.ago(110, 14, 0), "the supplier's key is trusted", telenord.trust(st))
	st.at(st.ago(100, 11, 0), "the modem's firmware comes in", submit("bruno", modem, "modem firmware 6.2.0\n", telenord.signed(st, "modem firmware 6.2.0\n", billed(st, modemParts("3.0.13", "2.9.0", "Apache-2.0"), cora(accept, "Signed by the supplier; digest compared with the list.")))))
	newer := modem
	newer.Label, newer.FileName = "6.3.0", "modem-6.3.0.bin"
	st.at(st.ago(30, 11, 0), "its next version is turned away", submit("bruno", newer, "modem firmware 6.3.0, damaged on the way\n", cora(reject, "The digest on the supplier's list is another one. Fetch it again.")))
	again := modem
	again.Label, again.FileName, again.Note = "6.3.1", "modem-6.3.1.bin", "Fetched again; the supplier renamed it."
	st.at(st.ago(1, 9, 35), "and comes again", submit("bruno", again, "modem firmware 6.3.1\n", telenord.signed(st, "modem firmware 6.3.1\n", billed(st, modemParts("3.0.15", "2.9.0", "MIT")+`,{"type":"library","name":"pppd","version":"2.5.1","purl":"pkg:generic/pppd@2.5.1","licenses":[{"license":{"id":"BSD-3-Clause"}}]}`, nil))))
	st.at(st.ago(1, 15, 10), "a contract waits", submit("maya", dml.Submission{ItemKey: "optik/scan-sdk-contract", Label: "2027", FileName: "scan-sdk-2027.txt", ItemName: "Contract of the scan library", Kind: dml.LicenceText,
		Provenance: dml.Procured, Supplier: "Optik AS", Licence: dml.Commercial, LicenceKey: "SCAN-SDK"}, "Renewal for 600 handhelds until the end of 2027.\n", nil))
}

// board records what the advisory board said of the release's change.
func (s *script) board(advice, minutes string) deed {
	return func(ctx context.Context) error {
		r, err := s.release(ctx)
		if err != nil {
			return err
		}
		if r.ChangeKey == "" {
			return errors.New("the release has no change")
		}
		return explain("board", s.app.Change.Advise(ctx, s.as("chen"), r.ChangeKey, change.BoardRecord{Board: "CAB", Members: "Chen Wei, Olga Petrova, Sofia Marttinen, Omar Nasser", Advice: advice, Minutes: minutes}))
	}
}
