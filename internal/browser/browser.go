// Package browser looks at pages with Chromium, without a window.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Browser is a running Chromium with one page.
type Browser struct {
	ctx  context.Context
	stop []func()

	mu       sync.Mutex
	problems []string
}

// patience is how long one step on a page may take.
const patience = 30 * time.Second

// Start starts the Chrome or Chromium that is on PATH. Chrome comes first: the Chromium of GitHub's runners may not start its sandbox.
func Start() (*Browser, error) {
	var path string
	for _, name := range []string{"google-chrome", "chromium", "chromium-browser", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, errors.New("no Chromium on PATH: run tools/chromium, which installs Debian's")
	}
	profile, err := os.MkdirTemp("", "preview-chromium-")
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("force-color-profile", "srgb"),
		// Chromium's own sandbox needs a user other than root.
		chromedp.Flag("no-sandbox", os.Geteuid() == 0),
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	// chromedp reports events of browsers newer than itself, which nothing here waits for.
	ctx, stopPage := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	b := &Browser{ctx: ctx, stop: []func(){
		func() { _ = chromedp.Cancel(ctx) }, stopPage, stopAllocator, func() { _ = os.RemoveAll(profile) },
	}}
	chromedp.ListenTarget(ctx, b.listen)
	if err := chromedp.Run(ctx, log.Enable()); err != nil {
		b.Stop()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// Stop ends the browser and everything it started.
func (b *Browser) Stop() {
	for _, f := range b.stop {
		f()
	}
}

// listen notes what the page throws or reports as an error.
func (b *Browser) listen(event any) {
	var text string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Error()
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.APITypeError && e.Type != runtime.APITypeWarning {
			return
		}
		for _, argument := range e.Args {
			text += string(argument.Value) + argument.Description + " "
		}
	case *log.EventEntryAdded:
		if e.Entry.Level != log.LevelError {
			return
		}
		text = e.Entry.Text + " " + e.Entry.URL
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, text)
}

// Problems are the errors and warnings of the console since the last call.
func (b *Browser) Problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.problems
	b.problems = nil
	return list
}

func (b *Browser) run(actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

// Screen gives the page a size in pixels, and the colours that the system prefers: light or dark.
func (b *Browser) Screen(width, height int64, scale float64, colours string) error {
	return b.run(
		emulation.SetDeviceMetricsOverride(width, height, scale, width < 600),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: colours}}),
	)
}

// Open opens a file, with an address within it.
func (b *Browser) Open(file, fragment string) error {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	// From an empty page, since a change of the fragment alone would not load the page again.
	return b.run(chromedp.Navigate("about:blank"), chromedp.Navigate("file://"+absolute+"#"+fragment))
}

// Evaluate runs JavaScript in the page; a promise is waited for.
func (b *Browser) Evaluate(script string, result any) error {
	return b.run(chromedp.Evaluate(script, result, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// Tab presses the tabulator key.
func (b *Browser) Tab() error { return b.run(chromedp.KeyEvent(kb.Tab)) }

// Press presses the key of that name among those of chromedp's package kb.
func (b *Browser) Press(key string) error { return b.run(chromedp.KeyEvent(key)) }

// Picture writes what the screen shows as a PNG file.
func (b *Browser) Picture(file string) error {
	var png []byte
	err := b.run(chromedp.ActionFunc(func(ctx context.Context) error {
		var err error
		png, err = page.CaptureScreenshot().Do(ctx)
		return err
	}))
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o755)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(file, png, 0o644)
}
