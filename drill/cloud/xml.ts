import { isObject } from './values.ts';

/**
 * Writes a value as the XML of AWS's query protocols.
 * @param item the element that wraps each entry of a list: `member` (SNS) or `item` (EC2)
 */
export function toXml(value: unknown, item: string): string {
  if (Array.isArray(value)) return value.map((entry) => `<${item}>${toXml(entry, item)}</${item}>`).join('');
  if (isObject(value)) {
    return Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => `<${name}>${toXml(member, item)}</${name}>`)
      .join('');
  }
  return escapeXml(String(value ?? ''));
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
