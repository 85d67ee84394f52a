import { join } from 'node:path';
import { partsOfDrill } from '../parts/of-drill.ts';
import { withPages } from '../parts/prometheus-pages.ts';
import { type SiteMaker, startSite } from './site.ts';

/** A site as the drill always makes it, but that its Prometheus has pages to look at. @param workDir for a copy of it */
export function siteWithPages(workDir: string): SiteMaker {
  return {
    async find(progress, mounts) {
      const parts = await partsOfDrill(progress, mounts);
      return { ...parts, prometheus: await withPages(parts.prometheus, join(workDir, 'pages')) };
    },
    start: startSite,
  };
}
