'use strict';

module.exports = { ...require('./prometheus-metrics'), ...require('./logger') };
