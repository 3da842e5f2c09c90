/**
 * A bundle for the join to install in tests: as little of a kubelet as the join and the removal can see. It registers its
 * Node as Ready through the tunnel (and again after every break), ends pods that are to go, and answers on its socket.
 */
export const TEST_AGENT = String.raw`
const { readFileSync, rmSync, chownSync, mkdirSync, writeFileSync } = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const tls = require('node:tls');
const config = JSON.parse(readFileSync(process.argv[process.argv.indexOf('--config') + 1], 'utf8'));
mkdirSync(config.stateDir, { recursive: true });
writeFileSync(config.stateDir + '/checkpoint', 'something to clean up');

function call(method, path, body, contentType = 'application/json') {
  const content = body ? JSON.stringify(body) : '';
  return new Promise((resolve, reject) => {
    const socket = net.connect(config.apiSocket);
    socket.on('error', reject);
    const request = https.request({
      method, path, host: config.apiServerName,
      headers: { 'content-type': contentType, 'content-length': Buffer.byteLength(content), connection: 'close' },
      createConnection: () => tls.connect({
        socket, servername: config.apiServerName, ALPNProtocols: ['http/1.1'],
        ca: readFileSync(config.caFile), cert: readFileSync(config.certFile), key: readFileSync(config.keyFile),
      }),
    }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ code: response.statusCode, body: text }));
    });
    request.on('error', reject);
    request.end(content);
  });
}

const machineID = readFileSync('/proc/1/root/etc/machine-id', 'utf8').trim();
const hostname = readFileSync('/proc/sys/kernel/hostname', 'utf8').trim();
const now = () => new Date().toISOString().replace(/\.\d+Z/, 'Z');
const status = () => ({
  nodeInfo: { machineID, systemUUID: machineID, bootID: 'x', kernelVersion: os.release(), osImage: 'test', containerRuntimeVersion: 'docker://x',
    kubeletVersion: 'v1.34.0+wheelhouse.' + config.version, kubeProxyVersion: '', operatingSystem: 'linux', architecture: os.arch() },
  addresses: [{ type: 'InternalIP', address: config.nodeIp || '127.0.0.1' }, { type: 'Hostname', address: hostname }],
  conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status',
    lastHeartbeatTime: now(), lastTransitionTime: now() }],
});

async function register() {
  const created = await call('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: config.nodeName, labels: config.labels }, spec: {} });
  if (created.code !== 201 && created.code !== 409) throw new Error(created.code + ' ' + created.body);
  const patched = await call('PATCH', '/api/v1/nodes/' + config.nodeName + '/status', { status: status() }, 'application/merge-patch+json');
  if (patched.code !== 200) throw new Error(patched.code + ' ' + patched.body);
}

async function endPods() {
  const { body } = await call('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3D' + config.nodeName);
  for (const pod of JSON.parse(body).items || []) {
    if (!pod.metadata.deletionTimestamp) continue;
    await call('DELETE', '/api/v1/namespaces/' + pod.metadata.namespace + '/pods/' + pod.metadata.name,
      { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 });
  }
}

let registered = false;
async function beat() {
  try {
    if (!registered) { await register(); registered = true; console.log('registered'); }
    await endPods();
  } catch (error) {
    registered = false;
    console.error(error.message);
  }
  setTimeout(beat, 200);
}
if (config.labels['test/broken'] === 'true') { console.error('the test agent was told to break'); process.exit(3); }
void beat();

rmSync(config.agentSocket, { force: true });
const server = http.createServer((request, response) => response.end(request.url === '/pid' ? String(process.pid) : 'ok from ' + config.nodeName));
server.listen(config.agentSocket, () => chownSync(config.agentSocket, config.socketUid, config.socketUid));
process.on('SIGTERM', () => process.exit(0));
`;
