import { beforeEach, it } from 'vitest';
import { call, initSite, run } from './linked-host.ts';
beforeEach(async () => { await initSite(); });
it.each(['frozen', 'stopped'])('times %s', async (sleep) => {
  const f = `SLEEP=${sleep} LEASE_SECONDS=1 DRAIN_SECONDS=1`;
  await run('prepare', 0, '-', f);
  for (let i = 0; i < 4; i++) {
    const t = performance.now();
    await call('who is in charge of api\n');
    const t2 = performance.now();
    const a = await call('wake api\n');
    const t3 = performance.now();
    const said = / asked=(\d+) answered=(\d+)/.exec((await run('inspect')).said);
    console.log(sleep, 'charge', t2 - t, 'wake', t3 - t2, a, 'host', Number(said?.[2]) - Number(said?.[1]));
    await call('wake api\n');
    const t4 = performance.now(); await call('wake api\n'); console.log('renew', performance.now() - t4);
    await new Promise((r) => setTimeout(r, 4000));
  }
});
