package engine

import (
	"errors"
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	for _, test := range []struct {
		in        string
		want      Date
		precision int
		first     string // day that it orders by
	}{
		{"2025", Date{2025, 0, 0}, 1, "2025-01-01"},
		{"2025-03", Date{2025, 3, 0}, 2, "2025-03-01"},
		{"2025-03-14", Date{2025, 3, 14}, 3, "2025-03-14"},
		{" 2025-03-14T23:59:59Z ", Date{2025, 3, 14}, 3, "2025-03-14"},
		{"2025-03-14 10:00", Date{2025, 3, 14}, 3, "2025-03-14"},
		{"2024-02-29", Date{2024, 2, 29}, 3, "2024-02-29"},
		{"1665-03-06", Date{1665, 3, 6}, 3, "1665-03-06"},
	} {
		got, err := ParseDate(test.in)
		if err != nil || got != test.want || got.Precision() != test.precision || got.Day().Time().Format(time.DateOnly) != test.first {
			t.Errorf("ParseDate(%q) = %v, %v, precision %d, ordering by %v; want %v", test.in, got, err, got.Precision(), got.Day().Time(), test)
		}
		if again, err := ParseDate(got.String()); again != got || err != nil {
			t.Errorf("ParseDate(%q) = %v, %v; want %v", got.String(), again, err, got)
		}
	}
	if d, err := ParseDate("  "); d != (Date{}) || err != nil || d.Precision() != 0 || d.String() != "" {
		t.Errorf("blank: %v, %v; want the zero Date", d, err)
	}
	for _, in := range []string{"0000", "0000-01-01", "0999", "25", "2025-13", "2025-00", "2025-02-30", "2025-3-4", "2023-02-29", "14.03.2025", "Jun 26", "T", "20250314", "-2025", "2025-"} {
		if d, err := ParseDate(in); !errors.Is(err, ErrInvalid) || d != (Date{}) {
			t.Errorf("ParseDate(%q) = %v, %v; want ErrInvalid", in, d, err)
		}
	}
}

func TestDay(t *testing.T) {
	for _, test := range []struct {
		at   string
		want Day
	}{
		{"1970-01-01T00:00:00Z", 0}, {"1970-01-01T23:59:59Z", 0}, {"1970-01-02T00:00:00Z", 1},
		{"1969-12-31T23:59:59Z", -1}, {"1969-12-31T00:00:00Z", -1}, {"1969-12-30T23:59:59Z", -2},
		{"2025-03-14T23:30:00-01:00", 20162}, // the 15th in UTC
	} {
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := DayOf(at); got != test.want {
			t.Errorf("DayOf(%s) = %d, want %d", test.at, got, test.want)
		}
		if back := DayOf(test.want.Time()); back != test.want {
			t.Errorf("day %d comes back as %d", test.want, back)
		}
		if DateOf(at).Day() != test.want {
			t.Errorf("DateOf(%s).Day() = %d, want %d", test.at, DateOf(at).Day(), test.want)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2025", "2025-03", "2025-03-14", "2025-03-14T10:00:00Z", "0000", "9999-12-31", "", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err != nil {
			if !errors.Is(err, ErrInvalid) || d != (Date{}) {
				t.Fatalf("ParseDate(%q) = %v, %v", s, d, err)
			}
			return
		}
		if err := d.check(); err != nil {
			t.Fatalf("ParseDate(%q): %v", s, err)
		}
		if again, err := ParseDate(d.String()); again != d || err != nil {
			t.Fatalf("ParseDate(%q) = %v, which reads back as %v, %v", s, d, again, err)
		}
	})
}
