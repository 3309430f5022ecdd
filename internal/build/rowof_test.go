package build

import "slipway/internal/db"

func rowOf(id int64) db.Row { return db.Row{ID: id, Version: 1} }
