package coreapi_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/restartix/core-api-monitoring/coreapi"
	"github.com/restartix/core-api-monitoring/metrics"
)

// printer is an Output that prints the metrics of webhooks instead of publishing all.
type printer struct{}

func (printer) Send(_ context.Context, _ time.Time, data []coreapi.Datum) error {
	for _, d := range data {
		if d.Metric.Name == metrics.WebhookSuccess.Name {
			fmt.Println(d.Metric.Name, d.Dimensions, d.Values, d.Counts)
		}
	}
	return nil
}

func newPrinting() *coreapi.Instance {
	api, err := coreapi.New(coreapi.Config{
		Environment: "prod", Phase: 1, MaxInstances: 4, Output: printer{}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		log.Fatal(err)
	}
	return api
}

// A feature reports through the handle of its metric. What is observed is published twice a minute, and the rest at Shutdown.
func ExampleShare() {
	api := newPrinting()
	for attempt := range 20 {
		api.WebhookSuccess.Record(attempt != 7)
		api.WebhookDuration.Observe(120 * time.Millisecond)
	}
	if err := api.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output: webhook.delivery.success_rate [{Environment prod}] [0 100] [1 19]
}

// A request that takes too long gets an answer, and its context ends.
func ExampleInstance_HTTP() {
	api := newPrinting()
	defer func() { _ = api.Shutdown(context.Background()) }()

	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/appointments/{id}", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	wrap, err := api.HTTP(coreapi.Routes{"GET /v1/appointments/{id}": coreapi.ReadSimple}, coreapi.Timeouts{Default: 20 * time.Millisecond})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(wrap(mux))
	defer server.Close()

	response, err := http.Get(server.URL + "/v1/appointments/7")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	fmt.Println(response.Status, response.Header.Get("Content-Type"))
	// Output: 504 Gateway Timeout application/json
}

// Everything that is wrong with a configuration is reported at once.
func ExampleNew_wrong() {
	_, err := coreapi.New(coreapi.Config{Environment: "Production", Phase: 7, MaxInstances: 4, Output: printer{}})
	fmt.Println(err)
	// Output:
	// coreapi.Config: Environment "Production"; expected the name of an environment's file, such as prod
	// coreapi.Config: Phase 7; allowed: 1 to 4
}

// The Core API's main.go, after. It is compiled here and not run: it wants a database.
func Example() {
	if err := run(); err != nil {
		slog.Error("stopped", "error", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	slog.SetDefault(coreapi.NewLogger(os.Stdout, "prod", slog.LevelInfo))
	api, err := coreapi.New(coreapi.Config{Environment: "prod", Phase: 1, MaxInstances: 4, Client: cloudWatch()})
	if err != nil {
		return err
	}
	defer shutdown(api)

	config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	pool, err := api.Pool(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()

	mux := http.NewServeMux()
	mux.Handle("GET /health", api.Health())
	mux.Handle("GET /v1/appointments/{id}", getAppointment(pool))
	mux.Handle("GET /v1/appointments", listAppointments(pool))
	wrap, err := api.HTTP(coreapi.Routes{
		"GET /v1/appointments/{id}": coreapi.ReadSimple,
		"GET /v1/appointments":      coreapi.ReadComplex,
	}, coreapi.Timeouts{})
	if err != nil {
		return err
	}
	return serve(ctx, wrap(mux))
}

func shutdown(api *coreapi.Instance) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := api.Shutdown(ctx); err != nil {
		slog.Error("metrics are lost", "error", err)
	}
}

// The rest of the Core API, as far as the example needs it.

func cloudWatch() *cloudwatch.Client                  { return cloudwatch.New(cloudwatch.Options{}) }
func getAppointment(*pgxpool.Pool) http.Handler       { return http.NotFoundHandler() }
func listAppointments(*pgxpool.Pool) http.Handler     { return http.NotFoundHandler() }
func serve(ctx context.Context, _ http.Handler) error { return ctx.Err() }
