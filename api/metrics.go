package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kindred/engine"
)

// metrics is what one server counts, in a registry of its own. No label holds
// anything that a client chooses: see observe.
type metrics struct {
	handler  http.Handler
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec

	papers, embedded, pending, failed, version prometheus.Gauge // as of the last look
}

func newMetrics() *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "kindred", Name: name, Help: help})
	}
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "kindred", Name: "http_requests_total",
			Help: "Requests answered, by route pattern."}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "kindred", Name: "http_request_seconds",
			Help: "Time to answer, by route pattern.", Buckets: prometheus.ExponentialBuckets(0.0005, 2.5, 11)}, []string{"method", "route"}),
		papers:   gauge("papers", "Papers stored."),
		embedded: gauge("papers_embedded", "Papers with a vector, stale ones included."),
		pending:  gauge("papers_pending", "Papers without a current vector."),
		failed:   gauge("papers_failed", "Pending papers that can never be embedded."),
		version:  gauge("index_version", "Change number up to which the index reflects the store."),
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(m.requests, m.seconds, m.papers, m.embedded, m.pending, m.failed, m.version,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(reg, promhttp.HandlerOpts{DisableCompression: true})
	return m
}

func (m *metrics) observe(method, route string, status int, took time.Duration) {
	method = methodLabel(method)
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(method, route).Observe(took.Seconds())
}

func (m *metrics) set(s engine.Status) {
	m.papers.Set(float64(s.Papers))
	m.embedded.Set(float64(s.Embedded))
	m.pending.Set(float64(s.Pending))
	m.failed.Set(float64(s.Failed))
	m.version.Set(float64(s.Version))
}

// methodLabel keeps methods that clients invent out of labels and logs.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch:
		return method
	}
	return "other"
}
