import { writeFile } from 'node:fs/promises';
import ipaddr from 'ipaddr.js';

type Value = string | number | { readonly [key: string]: Value } | readonly string[];
type Node = [Branch, Branch];
type Branch = Node | Buffer | undefined;

/** Writes a MaxMind DB (format 2.0). `networks` maps CIDR to record. IPv4 addresses are stored under ::/96. */
export async function writeMmdb(path: string, type: string, networks: Readonly<Record<string, Value>>): Promise<void> {
  const root: Node = [undefined, undefined];
  for (const [cidr, record] of Object.entries(networks)) insert(root, bitsOf(cidr), encode(record));
  await writeFile(path, serialize(root, type));
}

function bitsOf(cidr: string): number[] {
  const [address, length] = ipaddr.parseCIDR(cidr);
  const bytes = address.toByteArray();
  const padding = 16 - bytes.length;
  const bits = [...Array<number>(padding).fill(0), ...bytes].flatMap((byte) =>
    Array.from({ length: 8 }, (_, i) => (byte >> (7 - i)) & 1),
  );
  return bits.slice(0, padding * 8 + length);
}

function insert(root: Node, bits: readonly number[], record: Buffer) {
  let node = root;
  for (const bit of bits.slice(0, -1)) {
    const next = node[bit];
    if (Array.isArray(next)) node = next;
    else node = node[bit] = [undefined, undefined];
  }
  node[bits.at(-1)!] = record;
}

/** Serialises the tree with 32-bit records, then a separator of 16 zero bytes, the data and the metadata. */
function serialize(root: Node, database_type: string): Buffer {
  const nodes = flattened(root);
  const data: Buffer[] = [];
  const tree = Buffer.concat(
    nodes.map((node) => {
      const bytes = Buffer.alloc(8);
      node.forEach((branch, i) => {
        bytes.writeUInt32BE(pointerTo(branch, nodes, data), i * 4);
      });
      return bytes;
    }),
  );
  const metadata = encode({
    ...{ node_count: nodes.length, record_size: 32, ip_version: 6, database_type, languages: ['en'] },
    ...{ binary_format_major_version: 2, binary_format_minor_version: 0, build_epoch: 1_764_000_000, description: {} },
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata]);
}

const flattened = (node: Node): Node[] => [
  node,
  ...node.flatMap((branch) => (Array.isArray(branch) ? flattened(branch) : [])),
];

function pointerTo(branch: Branch, nodes: readonly Node[], data: Buffer[]): number {
  if (branch === undefined) return nodes.length;
  if (Array.isArray(branch)) return nodes.indexOf(branch);
  const offset = data.reduce((sum, { length }) => sum + length, 0);
  data.push(branch);
  return nodes.length + 16 + offset;
}

/** Numbers of the data types that the records use. */
const TYPE = { string: 2, uint32: 6, map: 7, array: 11 };

function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([control(TYPE.string, text.length), text]);
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(TYPE.uint32, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(TYPE.array, value.length), ...value.map(encode)]);
  const members = Object.entries(value);
  return Buffer.concat([control(TYPE.map, members.length), ...members.flat().map((part) => encode(part as Value))]);
}

/** Encodes the control byte of a type and a size. Sizes from 29 and types from 8 need a second byte. */
function control(type: number, size: number): Buffer {
  if (size > 284) throw new Error(`size ${size} of a value is above 284`);
  const first = ((type < 8 ? type : 0) << 5) | Math.min(size, 29);
  return Buffer.from([first, ...(type < 8 ? [] : [type - 7]), ...(size < 29 ? [] : [size - 29])]);
}
