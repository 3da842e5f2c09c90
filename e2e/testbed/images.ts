// The images that the testbed's registries hold, made from this computer's own Debian programs and kept in a cache.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { pauseSource } from '../../scripts/agent-image.mjs';
import {
  buildImage,
  readImage,
  sourceFingerprint,
  type BuiltImage,
  type ImageSource,
} from '../../scripts/image-builder.mjs';
import { findProgram, ImageFilesystem } from '../../scripts/image-filesystem.mjs';

const CACHE = join(import.meta.dirname, '../../node_modules/.cache/wheelhouse-testbed');
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** An image under the names it is pushed by. */
export interface TestImage {
  readonly repository: string;
  readonly tags: readonly string[];
  /** In the registry that asks for a password instead of the open one. */
  readonly private?: boolean;
  readonly image: BuiltImage;
}

function program(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}

function busyboxSource(): ImageSource {
  const filesystem = new ImageFilesystem();
  filesystem.addAccounts();
  filesystem.addBusybox(program('busybox'));
  return { filesystem, run: { Env: [PATH], Cmd: ['sh'] } };
}

function nodeSource(): ImageSource {
  const filesystem = new ImageFilesystem();
  filesystem.addProgram(process.execPath, '/usr/local/bin/node');
  filesystem.addAccounts();
  filesystem.addBusybox(program('busybox'));
  return { filesystem, run: { Env: [PATH], Cmd: ['node'] } };
}

const NGINX_CONFIG = `user nginx;
worker_processes 1;
error_log /dev/stderr notice;
pid /run/nginx.pid;
events { worker_connections 512; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /dev/stdout;
  include /etc/nginx/conf.d/*.conf;
}
`;
const NGINX_SITE = `server {
  listen 80;
  location / { root /usr/share/nginx/html; index index.html; }
}
`;

/** Laid out as Docker's official nginx image: the same paths, port, command and stop signal. */
function nginxSource(tag: string): ImageSource {
  const filesystem = new ImageFilesystem();
  filesystem.addProgram(program('nginx'), '/usr/sbin/nginx');
  filesystem.addHostFile('/etc/nginx/mime.types');
  filesystem.addFile('/etc/nginx/nginx.conf', NGINX_CONFIG);
  filesystem.addFile('/etc/nginx/conf.d/default.conf', NGINX_SITE);
  filesystem.addFile('/usr/share/nginx/html/index.html', `<h1>Welcome to nginx!</h1>\n<p>image tag ${tag}</p>\n`);
  filesystem.addDirectory('/var/lib/nginx', { uid: 101, gid: 101 });
  filesystem.addDirectory('/run');
  filesystem.addSymlink('/var/log/nginx/error.log', '/dev/stderr');
  filesystem.addSymlink('/var/log/nginx/access.log', '/dev/stdout');
  filesystem.addAccounts(['nginx:x:101:101:nginx:/nonexistent:/bin/false']);
  filesystem.addBusybox(program('busybox'));
  const ports = { '80/tcp': {} };
  return {
    filesystem,
    run: { Env: [PATH], Cmd: ['nginx', '-g', 'daemon off;'], ExposedPorts: ports, StopSignal: 'SIGQUIT' },
  };
}

/** Builds an image unless the cache has it. */
async function cached(name: string, source: ImageSource): Promise<BuiltImage> {
  const folder = join(CACHE, `${name}-${sourceFingerprint(source).slice(0, 16)}`);
  const built = await access(folder).then(
    () => true,
    () => false,
  );
  return built ? readImage(folder) : buildImage(source, folder);
}

/**
 * All images of the testbed. Both nginx images hold the same program; only their welcome page tells them apart, which
 * is what a rollout needs.
 */
export async function testImages(): Promise<TestImage[]> {
  const major = process.versions.node.split('.')[0] ?? '';
  const nginx = await cached('nginx', nginxSource('1.22'));
  return [
    { repository: 'pause', tags: ['1'], image: await cached('pause', pauseSource()) },
    { repository: 'busybox', tags: ['1', 'latest'], image: await cached('busybox', busyboxSource()) },
    { repository: 'nginx', tags: ['1.22', 'latest'], image: nginx },
    { repository: 'nginx', tags: ['1.23-alias'], image: await cached('nginx-alias', nginxSource('1.23-alias')) },
    { repository: 'private/nginx', tags: ['1.22'], private: true, image: nginx },
    { repository: 'node', tags: [major, 'latest'], image: await cached('node', nodeSource()) },
  ];
}
