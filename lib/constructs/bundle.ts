import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The code of a function: lambda/<folder>/handler.ts with all it imports, the SDK included, so that what
 * was rehearsed is what runs, whatever the runtime ships. What is imported on demand stays in files of
 * its own, because most of a cold start is parsing code that is not needed.
 */
export function bundle(folder: string): Code {
  return Code.fromAsset(`${repository}lambda/${folder}`, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never used: the local bundler either succeeds or throws.
      image: DockerImage.fromRegistry('none'),
      local: {
        tryBundle: (outdir) => {
          buildBundle(`lambda/${folder}/handler.ts`, outdir);
          return true;
        },
      },
    },
  });
}

/**
 * @param entry relative to the repository
 * @throws the bundler's error, which names file and line
 */
export function buildBundle(entry: string, outdir: string): void {
  buildSync({
    entryPoints: { index: entry },
    outdir,
    absWorkingDir: repository,
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    // Some dependencies are CommonJS and call require for Node's own modules.
    banner: {
      js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
    },
    logLevel: 'silent',
  });
}
