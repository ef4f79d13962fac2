// The first rows of a Parquet file. Loaded once somebody chooses such a file.
import {parquetMetadataAsync, parquetSchema} from "hyparquet/metadata.js";
import {parquetReadObjects} from "hyparquet/read.js";
import {gunzip} from "hyparquet-compressors/gzip.js";
import {decompressLz4, decompressLz4Raw} from "hyparquet-compressors/lz4.js";
import {decompress} from "fzstd/index.mjs";

const MOST_BYTES = 200_000_000; // of a row group, which is read as a whole if the file has no index of its pages
const compressors = {
  GZIP: (input, length) => gunzip(input, new Uint8Array(length)), ZSTD: input => decompress(input), LZ4: decompressLz4, LZ4_RAW: decompressLz4Raw
};

const said = value => {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString().replace(/T00:00:00.000Z$/, "").replace(".000Z", "Z");
  if (ArrayBuffer.isView(value)) return `[${Array.from(value).join(", ")}]`;
  return typeof value === "object" ? JSON.stringify(value, (_, part) => typeof part === "bigint" ? Number(part) : part) : String(value);
};

// The columns, the first rows as texts, and the number of rows. No rows if their values cannot be read.
export const firstRows = async (file, most) => {
  const bytes = {byteLength: file.size, slice: (begin, end) => file.slice(begin, end).arrayBuffer()};
  const metadata = await parquetMetadataAsync(bytes), count = Number(metadata.num_rows);
  const header = parquetSchema(metadata).children.map(column => column.element.name);
  const isSmall = Number(metadata.row_groups[0]?.total_byte_size ?? 0) <= MOST_BYTES;
  const rows = isSmall && count ? await parquetReadObjects({file: bytes, metadata, compressors, rowEnd: Math.min(most, count)}).catch(() => []) : [];
  return {header, rows: rows.map(row => header.map(name => said(row[name]))), count, isWhole: true};
};
