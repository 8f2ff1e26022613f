/** Draws a graph as SVG, with Graphviz compiled to WebAssembly: no program needs to be installed. */
export async function drawSvg(dot: string): Promise<string> {
  // 1.4 MB that only this needs.
  const { instance } = await import('@viz-js/viz');
  const viz = await instance();
  return viz.renderString(dot, { format: 'svg', engine: 'dot' });
}
