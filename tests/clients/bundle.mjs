// Bundles `page.jsx` as a site bundles the learning micro-frontend: `node bundle.mjs FOLDER OUT`, where the client is
// installed in FOLDER. OUT gets page.js and page.css.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder, out] = process.argv.slice(2);
const { build } = createRequire(join(folder, 'package.json'))('esbuild');
const beside = (path) => fileURLToPath(new URL(path, import.meta.url));

// The site's own configuration, which the platform's packages import by this name; it is empty.
const siteConfiguration = {
  name: 'env.config',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^env\.config$/ }, ({ path }) => ({ path, namespace: 'site' }));
    onLoad({ filter: /.*/, namespace: 'site' }, () => ({ contents: 'export default {};' }));
  },
};

await build({
  entryPoints: [beside('page.jsx')],
  outdir: out,
  bundle: true,
  format: 'iife',
  logLevel: 'error',
  nodePaths: [join(folder, 'node_modules')],
  alias: { exam_messages: beside('../../edx_proctoring/static/proctoring/mfe/exam_messages.js') },
  loader: { '.js': 'jsx', '.png': 'dataurl', '.scss': 'empty', '.svg': 'dataurl' },
  define: { global: 'globalThis', process: '{"env":{}}', 'process.env': '{}', 'process.env.NODE_ENV': '"production"' },
  plugins: [siteConfiguration],
});
