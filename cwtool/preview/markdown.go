package preview

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown writes a text widget's markdown as HTML. goldmark lets neither HTML nor javascript: links of the text through.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Table, extension.Strikethrough),
	goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(adapt{}, 100))),
)

func html(source string) (string, error) {
	var b strings.Builder
	err := markdown.Convert([]byte(source), &b)
	return b.String(), err
}

// adapt fits a text into the page: its headings stand below the dashboard's and skip no level, [button:Text](link) is a button as in
// CloudWatch, and pictures are links, since the page fetches nothing.
type adapt struct{}

func (adapt) Transform(document *ast.Document, reader text.Reader, _ parser.Context) {
	var images []*ast.Image
	var headings []*ast.Heading
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			headings = append(headings, n)
		case *ast.Link:
			button(n, reader.Source())
		case *ast.Image:
			images = append(images, n)
		}
		return ast.WalkContinue, nil
	})
	above := []int{} // levels as written, of the headings that a heading stands below
	for _, h := range headings {
		above = slices.DeleteFunc(above, func(level int) bool { return level >= h.Level })
		above = append(above, h.Level)
		h.SetAttributeString("class", fmt.Appendf(nil, "size%d", h.Level))
		h.Level = min(len(above)+1, 6)
	}
	for _, image := range images {
		link := ast.NewLink()
		link.Destination = image.Destination
		for c := image.FirstChild(); c != nil; c = image.FirstChild() {
			link.AppendChild(link, c)
		}
		image.Parent().ReplaceChild(image.Parent(), image, link)
	}
}

func button(link *ast.Link, source []byte) {
	first, isText := link.FirstChild().(*ast.Text)
	if !isText {
		return
	}
	words, isButton := strings.CutPrefix(string(first.Value(source)), "button:")
	if !isButton {
		return
	}
	class := "button"
	if rest, primary := strings.CutPrefix(words, "primary:"); primary {
		words, class = rest, "button primary"
	}
	link.SetAttributeString("class", []byte(class))
	first.Segment = first.Segment.WithStart(first.Segment.Stop - len(words))
}
