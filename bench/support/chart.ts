/** Bars of one group, longest text first in mind: `label` stands left of the bar, `value` right of it. */
export type ChartGroup = Readonly<{
  title: string
  bars: readonly Readonly<{ label: string; value: number; isOurs: boolean }>[]
}>

const width = 860
const labelWidth = 330
const barHeight = 16
const gap = 6

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const groupOf = ({ title, bars }: ChartGroup, top: number): string => {
  const most = Math.max(...bars.map(bar => bar.value))
  const room = width - labelWidth - 90
  const lines = bars.map(({ label, value, isOurs }, index) => {
    const y = top + 26 + index * (barHeight + gap)
    const length = Math.max(1, (room * value) / most)
    return [
      `<text x="${labelWidth - 8}" y="${y + 12}" text-anchor="end">${escape(label)}</text>`,
      `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="2" class="${isOurs ? 'ours' : 'other'}"/>`,
      `<text x="${(labelWidth + length + 6).toFixed(1)}" y="${y + 12}">${value.toPrecision(3)}</text>`,
    ].join('\n')
  })
  return [`<text x="16" y="${top + 14}" class="title">${escape(title)}</text>`, ...lines].join('\n')
}

const heightOf = ({ bars }: ChartGroup): number => 40 + bars.length * (barHeight + gap)

/** A bar chart as SVG; each group has a scale of its own. */
export const chart = (heading: string, groups: readonly ChartGroup[]): string => {
  let top = 48
  const parts: string[] = []
  for (const group of groups) {
    parts.push(groupOf(group, top))
    top += heightOf(group)
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}" role="img">
<title>${escape(heading)}</title>
<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .heading { font-size: 16px; font-weight: 600 }
  .title { font-weight: 600 }
  .ours { fill: #c2410c }
  .other { fill: #94a3b8 }
</style>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="16" y="26" class="heading">${escape(heading)}</text>
${parts.join('\n')}
</svg>
`
}
