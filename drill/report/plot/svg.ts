/** Values of attributes; those that are undefined are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

export type Point = readonly [x: number, y: number];

/** An element; its content is markup and is taken as it is. */
export function element(name: string, attributes: Attributes, content?: string): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(typeof value === 'number' ? short(value) : String(value))}"`)
    .join('');
  return content === undefined ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/** A line of text; its content is escaped. */
export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escaped(content));
}

/** What an element is called; its content is escaped. */
export function title(content: string, attributes: Attributes = {}): string {
  return element('title', attributes, escaped(content));
}

/** A filled area. Points that repeat the one before them are left out. */
export function polygon(points: readonly Point[], attributes: Attributes): string {
  const written = points.map(([x, y]) => `${short(x)},${short(y)}`);
  const different = written.filter((point, index) => point !== written[index - 1]);
  return element('polygon', { points: different.join(' '), ...attributes });
}

/** A tenth of a pixel is enough. */
function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
