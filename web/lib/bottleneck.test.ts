import { Bottleneck } from '../../domain/progress.js'
import { bottleneckText } from './bottleneck.js'

test('every bottleneck says where to look', () => {
  expect(Bottleneck.options.map(bottleneckText)).toEqual([
    expect.stringMatching(/^Source .*vCenter/),
    expect.stringMatching(/^Worker .*digest/),
    expect.stringMatching(/^Target .*repository/),
  ])
  expect(bottleneckText(null)).toBe('–')
})
