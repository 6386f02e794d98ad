package mapped

import (
	"encoding/binary"
	"fmt"
)

// AppendList appends a list of strings to data: how many, then the length of each, as
// uvarints, and its bytes.
func AppendList(data []byte, list []string) []byte {
	data = binary.AppendUvarint(data, uint64(len(list)))
	for _, s := range list {
		data = append(binary.AppendUvarint(data, uint64(len(s))), s...)
	}
	return data
}

// Lists returns all lists that were appended to an empty data, as copies.
func Lists(data []byte) (lists [][]string, err error) {
	all := string(data) // one copy for all of them
	number := func() (n int) {
		value, width := binary.Uvarint(data[len(data)-len(all):])
		if width <= 0 || value > uint64(len(all)-width) { // neither strings nor bytes can be more than bytes are left
			err = fmt.Errorf("%w: a list of strings ends early", ErrDamaged)
			return 0
		}
		all = all[width:]
		return int(value)
	}
	strings := []string{}
	for len(all) > 0 {
		first := len(strings)
		for range number() {
			n := number()
			if err != nil {
				return nil, err
			}
			strings = append(strings, all[:n])
			all = all[n:]
		}
		if err != nil {
			return nil, err
		}
		lists = append(lists, strings[first:len(strings):len(strings)])
	}
	return lists, nil
}
