import './cluster.setup.js';

export default async function stopCluster(): Promise<void> {
  await globalThis.stopTestCluster?.();
}
