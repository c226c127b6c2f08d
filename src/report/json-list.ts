/** One JSON object that ends with a list which may be too long for memory, in pieces. */

/** All on one line, or as people like to read it. */
export type JsonLayout = 'line' | 'indented'

/** The list of `items` stands under `name`, each as `asJson` has it, after the fields, of which there is at least one. */
export function* objectWithList<Item>(
  fields: object,
  { name, items, asJson }: { name: string; items: Iterable<Item>; asJson: (item: Item) => object },
  layout: JsonLayout,
): Generator<string> {
  const { indent, closing, opening, before, between, end, endEmpty } = layouts[layout]
  yield `${JSON.stringify(fields, null, indent).slice(0, -closing.length)}${opening(name)}`
  let isFirst = true
  for (const item of items) {
    yield `${isFirst ? before : between}${JSON.stringify(asJson(item))}`
    isFirst = false
  }
  yield isFirst ? endEmpty : end
}

/** `closing` is what the object ends with as long as it has no list. */
const layouts = {
  line: {
    indent: undefined,
    closing: '}',
    opening: (name: string) => `,"${name}":[`,
    before: '',
    between: ',',
    end: ']}\n',
    endEmpty: ']}\n',
  },
  indented: {
    indent: 2,
    closing: '\n}',
    opening: (name: string) => `,\n  "${name}": [`,
    before: '\n    ',
    between: ',\n    ',
    end: '\n  ]\n}\n',
    endEmpty: ']\n}\n',
  },
} as const
