package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"kindred/embed"
)

// jobs is what this process is doing, or sees another do, for Status.
type jobs struct {
	mu       sync.Mutex
	running  map[string]*run
	embedErr error
	starting string
}

type run struct {
	done, total int64
	err         string
	marks       []mark // the last minute, oldest first
}

type mark struct {
	at   time.Time
	done int64
}

// step notes how far a job of this process is.
func (j *jobs) step(kind string, done, total int64, now time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := j.run(kind, now)
	if done < r.done { // it was another process's until now
		r.marks = []mark{{now, 0}}
	}
	r.done, r.total = done, total
	r.note(now)
}

// watch notes how much is left of a job that another process does.
func (j *jobs) watch(kind string, left int64, now time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := j.run(kind, now)
	if r.done+left > r.total { // the first look, or more has come
		r.total = r.done + left
	}
	r.done = r.total - left
	r.note(now)
}

// run returns the run of a job, which begins now if there is none.
func (j *jobs) run(kind string, now time.Time) *run {
	r := j.running[kind]
	if r == nil {
		if j.running == nil {
			j.running = map[string]*run{}
		}
		r = &run{marks: []mark{{now, 0}}}
		j.running[kind] = r
	}
	return r
}

// note adds what is done by now to the marks. It goes on: an earlier error is
// past.
func (r *run) note(now time.Time) {
	r.err = ""
	r.marks = append(r.marks, mark{now, r.done})
	for len(r.marks) > 2 && now.Sub(r.marks[0].at) > time.Minute {
		r.marks = r.marks[1:]
	}
}

// end forgets a job that ended well and keeps the error of one that did not.
func (j *jobs) end(kind string, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil || errors.Is(err, context.Canceled) {
		delete(j.running, kind)
		return
	}
	if j.running == nil {
		j.running = map[string]*run{}
	}
	if j.running[kind] == nil {
		j.running[kind] = &run{}
	}
	j.running[kind].err = err.Error()
	j.running[kind].marks = nil
}

func (j *jobs) embedder(err error) {
	var text *embed.TextError
	if errors.As(err, &text) {
		return // the text's fault
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.embedErr = err
}
