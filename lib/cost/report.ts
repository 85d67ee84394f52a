import type { Estimate } from './estimate.ts';
import type { Bill, BilledLine } from './lines.ts';
import type { Price } from './prices.ts';

const usd = (amount: number) => amount.toFixed(2);

/** A table of one bill, line by line, with its sum. */
export function table({ lines, list, afterAllowances }: Bill, withAllowances: boolean): string {
  const head = withAllowances
    ? [
        '| part | what | quantity | USD each | list, USD | after allowances, USD |',
        '|---|---|--:|--:|--:|--:|',
      ]
    : ['| part | what | quantity | USD each | USD |', '|---|---|--:|--:|--:|'];
  const free = (amount: number) => (withAllowances ? ` ${usd(amount)} |` : '');
  const rows = lines.map(
    (line) =>
      `| ${line.part} | ${line.what}${isHearsay(line.unit) ? ' ¹' : ''} | ${count(line.quantity)} | ${each(line.unit)} | ${usd(line.list)} |${free(line.afterAllowances)}`,
  );
  return [...head, ...rows, `| **sum** | | | | **${usd(list)}** |${free(afterAllowances)}`].join('\n');
}

const isHearsay = (price: Price) => 'hearsay' in price;

/** Small prices by the million, as AWS prints them. */
function each({ usd: amount, per }: Price): string {
  const [times, unit] = amount < 0.001 && amount > 0 ? [1e6, `million ${per}s`] : [1, per];
  return `${Number((amount * times).toPrecision(6))} per ${unit}`;
}

function count(quantity: number): string {
  if (quantity >= 100) return Math.round(quantity).toLocaleString('en-US');
  return quantity === 0 ? '0' : String(Number(quantity.toPrecision(3)));
}

/** Every price of an estimate with where it was read. */
export function sources(all: readonly Estimate[]): string {
  const used = new Map<string, { line: BilledLine; region: string }>();
  for (const { region, controlPlane, host, dns, failover } of all) {
    for (const line of [controlPlane, host, dns, failover].flatMap(({ lines }) => lines))
      used.set(`${line.price}|${line.unit.usd}`, { line, region });
  }
  const rows = [...used.values()].map(
    ({ line, region }) => `| ${line.price} | ${region} | ${each(line.unit)} | ${readAt(line.unit)} |`,
  );
  return ['| price | first used in | USD | read at |', '|---|---|---|---|', ...rows].join('\n');
}

function readAt(price: Price): string {
  if ('hearsay' in price) return `**not verified**: ${price.hearsay}`;
  const { url, copy, asOf } = price.source;
  return `${url}, ${asOf}${copy ? `, in the copy ${copy}` : ''}`;
}

/** What stands below the tables if a price was not verified. */
export function footnote(bills: readonly Bill[]): string {
  const any = bills.some(({ lines }) => lines.some(({ unit }) => isHearsay(unit)));
  return any ? '¹ The price is not verified; see the list of prices.' : '';
}
