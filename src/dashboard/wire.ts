/** How a notice reads as JSON, as a type: what `ndjsonLine` makes of it. */

/** `atMs` is `at`, `fromPerSecond` is `from_per_second`. */
type WireName<Name extends string> = Name extends `${infer Moment extends MomentName}Ms`
  ? SnakeCase<Moment>
  : SnakeCase<Name>

type MomentName = 'at' | 'until' | 'since' | `${string}${'At' | 'Until' | 'Since'}`

type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : ''

/** The same, all the way down. Moments are times in RFC 3339, or null where there is none; that of the notice itself there is. */
export type Wire<Value> = Value extends readonly (infer Item)[]
  ? Wire<Item>[]
  : Value extends object
    ? {
        readonly [Name in keyof Value as WireName<Name & string>]: Name extends 'atMs'
          ? string
          : Name extends `${MomentName}Ms`
            ? string | null
            : Wire<Value[Name]>
      }
    : Value
