// Asks a Logstash API as Telegraf does, by its own input plugin, and prints what it would store: a JSON object a metric.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/influxdata/telegraf"
	"github.com/influxdata/telegraf/plugins/inputs"
	"github.com/influxdata/telegraf/plugins/inputs/logstash"
)

// printer prints what is gathered; the plugin uses no other functions of an accumulator.
type printer struct {
	telegraf.Accumulator
	out *json.Encoder
}

func (p printer) AddFields(name string, fields map[string]interface{}, tags map[string]string, _ ...time.Time) {
	if err := p.out.Encode(map[string]interface{}{"name": name, "tags": tags, "fields": fields}); err != nil {
		panic(err)
	}
}

func main() {
	plugin := inputs.Inputs["logstash"]().(*logstash.Logstash)
	plugin.URL, plugin.Username, plugin.Password = os.Args[1], os.Args[2], os.Args[3]
	err := plugin.Init()
	if err == nil {
		err = plugin.Gather(printer{out: json.NewEncoder(os.Stdout)})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
