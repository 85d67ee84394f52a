import { expect, test } from 'vitest';
import { html, Markup } from '../../../../drill/report/page/html.ts';

test.each([
  ['text', `a < b & "c" > 'd'`, 'a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;'],
  ['a number', 1.5, '1.5'],
  ['nothing', undefined, ''],
  ['HTML of its own', html`<b>${'<'}</b>`, '<b>&lt;</b>'],
  ['a list of them', ['<', html`<i></i>`, [1]], '&lt;<i></i>1'],
  ['HTML from elsewhere', new Markup('<svg/>'), '<svg/>'],
  ['control characters', 'a\u0000\u001b[31m\nb', 'a [31m b'],
  ['a turn of the direction', 'a\u202eb', 'a b'],
])('%s', (_what, piece, expected) => {
  expect(html`<p>${piece}</p>`.text).toBe(`<p>${expected}</p>`);
});
