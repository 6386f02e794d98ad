package engine

import (
	"fmt"
	"strings"
	"time"
)

// A Date is a calendar date with the precision its source had: a year, a
// month or a day. The zero Date is unknown. Dates are in UTC.
type Date struct{ Year, Month, D int } // Month and D are 0 where unknown

// ParseDate reads "2025", "2025-03" or "2025-03-14", also with a time of day
// after "T" or a blank, which is dropped. "" is the zero Date. Anything else,
// and a day that the calendar lacks, is an error wrapping ErrInvalid.
func ParseDate(s string) (Date, error) {
	t := strings.TrimSpace(s)
	if t == "" {
		return Date{}, nil
	}
	if i := strings.IndexAny(t, "T "); i >= 0 {
		t = t[:i]
	}
	for i, layout := range []string{"2006-01-02", "2006-01", "2006"} {
		if at, err := time.Parse(layout, t); err == nil {
			d := Date{at.Year(), int(at.Month()), at.Day()}
			if i > 0 {
				d.D = 0
			}
			if i > 1 {
				d.Month = 0
			}
			if d.Year == 0 { // "0000" is not a way to say unknown
				return Date{}, fmt.Errorf("%w: date %q does not exist", ErrInvalid, s)
			}
			if err := d.check(); err != nil {
				return Date{}, fmt.Errorf("%w: %v", ErrInvalid, err)
			}
			return d, nil
		}
	}
	return Date{}, fmt.Errorf("%w: date %q: want 2025, 2025-03 or 2025-03-14", ErrInvalid, s)
}

// DateOf returns the day of t in UTC.
func DateOf(t time.Time) Date {
	t = t.UTC()
	return Date{t.Year(), int(t.Month()), t.Day()}
}

// Precision is 0 for an unknown date, 1 for a year, 2 for a month, 3 for a day.
func (d Date) Precision() int {
	switch {
	case d.Year == 0:
		return 0
	case d.Month == 0:
		return 1
	case d.D == 0:
		return 2
	}
	return 3
}

// String returns the form that ParseDate reads.
func (d Date) String() string {
	switch d.Precision() {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%04d", d.Year)
	case 2:
		return fmt.Sprintf("%04d-%02d", d.Year, d.Month)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.D)
}

// Day returns the first day of the period that d names.
func (d Date) Day() Day {
	return DayOf(time.Date(d.Year, time.Month(max(d.Month, 1)), max(d.D, 1), 0, 0, 0, 0, time.UTC))
}

func (d Date) check() error {
	if d == (Date{}) {
		return nil
	}
	if d.Year < 1000 || d.Year > 9999 || d.Month < 0 || d.Month > 12 || d.D < 0 || d.D > 0 && d.Month == 0 {
		return fmt.Errorf("date %d-%d-%d does not exist", d.Year, d.Month, d.D)
	}
	if d.D > 0 && DateOf(d.Day().Time()) != d {
		return fmt.Errorf("date %s does not exist", d)
	}
	return nil
}

// A Day counts days since 1970-01-01 UTC; it may be negative.
type Day int32

// DayOf returns the day of t in UTC.
func DayOf(t time.Time) Day {
	s := t.Unix()
	d := s / 86400
	if s%86400 < 0 {
		d--
	}
	return Day(d)
}

// Time returns the midnight, UTC, that begins d.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }
