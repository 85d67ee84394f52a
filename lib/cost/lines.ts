import type { Price, PriceName } from './prices.ts';
import type { Resource } from './template.ts';

/** One line of a bill. */
export type Line = {
  readonly part: string;
  readonly what: string;
  readonly quantity: number;
  readonly price: PriceName | `instance:${string}`;
  /** How the quantity was obtained. */
  readonly from: string;
};

/** What a resource costs for being there. */
export type Pricer = (resource: Resource, id: string) => readonly Line[];

/** A single line, with a quantity that the template says. */
export const one = (part: string, what: string, price: Line['price'], quantity = 1): readonly Line[] => [
  { part, what, quantity, price, from: 'the template' },
];

export type Bill = {
  readonly lines: readonly BilledLine[];
  readonly list: number;
  readonly afterAllowances: number;
};
export type BilledLine = Line & {
  readonly unit: Price;
  readonly list: number;
  readonly afterAllowances: number;
};

/** @param allowances what is free, by price; shared by all lines of that price, in their order */
export function bill(
  lines: readonly Line[],
  priceOf: (name: Line['price']) => Price,
  allowances: Readonly<Record<string, number | undefined>>,
): Bill {
  const left = new Map(Object.entries(allowances));
  const billed = lines.map((line): BilledLine => {
    const unit = priceOf(line.price);
    const free = Math.min(line.quantity, left.get(line.price) ?? 0);
    if (left.has(line.price)) left.set(line.price, (left.get(line.price) ?? 0) - free);
    return {
      ...line,
      unit,
      list: line.quantity * unit.usd,
      afterAllowances: (line.quantity - free) * unit.usd,
    };
  });
  const sum = (key: 'list' | 'afterAllowances') => billed.reduce((all, line) => all + line[key], 0);
  return { lines: billed, list: sum('list'), afterAllowances: sum('afterAllowances') };
}
