// Package parquet reads the rows of Parquet files as JSON objects, which is how datasets on hubs are kept.
//
//	r, err := parquet.Open(file, size)
//	for {
//		object, err := r.Next() // io.EOF after the last row
//	}
//
// Values become what JSON has: numbers, true and false, strings, lists for LIST columns and repeated fields, objects for groups
// and for MAP columns; null where there is none. Dates and timestamps are strings as in RFC 3339, decimals are numbers with
// all digits, bytes without a kind are base64, and what JSON has no number for, such as NaN, is a string.
//
// Of a file a page of each column is held in memory. Compression may be none, Snappy, gzip or Zstandard; encrypted files and
// columns in other files are refused.
//
// # What it never does
//
// It allocates nothing by a number from the file before the number is held to the file's size, to what the compression can
// expand to, and to a bound for all pages together. A wrong file is an error, never a panic.
//
// Sources: the format's description and parquet.thrift at github.com/apache/parquet-format, version 2.10; Melnik et al. 2010,
// "Dremel: Interactive Analysis of Web-Scale Datasets", for repetition and definition levels.
package parquet
