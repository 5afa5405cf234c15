// Command screenshot takes a screenshot of a page with Chromium, as the README's are taken (make screenshots).
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/restartix/core-api-monitoring/internal/browser"
)

func main() {
	place := flag.String("place", "", "what follows # in the page's address")
	size := flag.String("size", "1440x1000", "the screen, in pixels")
	scale := flag.Float64("scale", 1, "pixels of the screenshot for one of the screen")
	colours := flag.String("colours", "light", "the colours that the screen prefers: light or dark")
	flag.Usage = func() {
		_, _ = fmt.Fprintln(flag.CommandLine.Output(), "usage: screenshot [flags] PAGE FILE.png")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := take(flag.Args(), *place, *size, *scale, *colours); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func take(arguments []string, place, size string, scale float64, colours string) error {
	if len(arguments) != 2 {
		return errors.New("expected a page and the file to write")
	}
	var width, height int64
	if _, err := fmt.Sscanf(size, "%dx%d", &width, &height); err != nil {
		return fmt.Errorf("-size %q: expected WIDTHxHEIGHT", size)
	}
	b, err := browser.Start()
	if err != nil {
		return err
	}
	defer b.Stop()
	if err := b.Screen(width, height, scale, colours); err != nil {
		return err
	}
	if err := b.Open(arguments[0], place); err != nil {
		return err
	}
	// What is visible is drawn as soon as the browser has shown the page once.
	if err := b.Evaluate(`new Promise((done) => requestAnimationFrame(() => setTimeout(done, 300)))`, nil); err != nil {
		return err
	}
	return b.Picture(arguments[1])
}
