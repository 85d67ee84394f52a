import { expect, test } from 'vitest';
import { placeOf } from '../../../drill/kit/image-root.ts';

test.each([
  ['/lib64/ld-linux-x86-64.so.2', '/lib64/ld-linux-x86-64.so.2'],
  ['/lib/x86_64-linux-gnu/libc.so.6', '/lib/x86_64-linux-gnu/libc.so.6'],
  ['/usr/lib/x86_64-linux-gnu/libssl.so.3', '/lib/x86_64-linux-gnu/libssl.so.3'],
  [
    '/home/a/.cache/x/haproxy/usr/lib/x86_64-linux-gnu/liblua5.3.so.0',
    '/lib/x86_64-linux-gnu/liblua5.3.so.0',
  ],
  ['/var/lib/cache/haproxy/lib/aarch64-linux-gnu/libcrypt.so.1', '/lib/aarch64-linux-gnu/libcrypt.so.1'],
])('the library %s is put where the loader looks: %s', (library, place) => {
  expect(placeOf(library)).toBe(place);
});
