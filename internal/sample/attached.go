package sample

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/identity"
)

// attach keeps with a step what its holder saw: a picture of the console where
// something was installed, and the digests where it was verified.
func (j *journey) attach(ctx context.Context, number int64, step deploy.Step, holder identity.Actor) error {
	name, body := "", ""
	switch step.Kind {
	case deploy.Install:
		picture, err := console(int(number)*7 + int(step.Number))
		if err != nil {
			return err
		}
		name, body = "console.png", picture
	case deploy.Verify:
		name, body = "digests.log", fmt.Sprintf("%s, wave %d\nsha256sum, compared with the signed package: all match\n", j.key, number)
	default:
		return nil
	}
	_, err := j.app.Deploy.AttachToStep(ctx, holder, j.key, number, step.Number, name, strings.NewReader(body))
	return explain("attach", err)
}

// console draws a terminal of so many lines, each with its mark.
func console(lines int) (string, error) {
	screen := image.NewRGBA(image.Rect(0, 0, 480, 320))
	fill := func(x, y, width int, c color.RGBA) {
		draw.Draw(screen, image.Rect(x, y, x+width, y+7), image.NewUniform(c), image.Point{}, draw.Src)
	}
	draw.Draw(screen, screen.Bounds(), image.NewUniform(color.RGBA{20, 27, 38, 255}), image.Point{}, draw.Src)
	for i := range min(lines+8, 20) {
		y := 14 + i*15
		fill(16, y, 12, color.RGBA{74, 190, 128, 255})
		fill(40, y, 90+(i*53+lines*29)%260, color.RGBA{150, 163, 184, 255})
	}
	var out bytes.Buffer
	err := png.Encode(&out, screen)
	return out.String(), err
}
