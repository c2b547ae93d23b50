package search;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;

/**
 * One Elasticsearch node of version 7, 8 or 9 in this JVM, for tests. Arguments: PORT HOME DATA; HOME has config/ and
 * modules/. What differs between the versions is found by reflection.
 */
public final class Engine {

    public static void main(String[] args) throws Exception {
        Path home = Path.of(args[1]).toAbsolutePath();
        Files.createDirectories(home.resolve("config"));
        configureLogging();
        Settings settings = Settings.builder()
            .put("path.home", home.toString())
            .put("path.data", args[2])
            .put("path.logs", Path.of(args[2]).resolve("logs").toString())
            .put("cluster.name", "logtest")
            .put("node.name", "logtest-0")
            .put("network.host", "127.0.0.1")
            .put("http.port", args[0])
            .put("transport.port", "0")
            .put("discovery.type", "single-node")
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
        Environment env = InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), home.resolve("config"), () -> "logtest-0");
        Node node = create(env);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception e) {
                e.printStackTrace();
            }
        }, "stop"));
        node.start();
        System.out.println("ready");
        System.out.flush();
        new CountDownLatch(1).await();
    }

    /** From version 8 on the server's own logging has to be told of log4j. */
    private static void configureLogging() throws Exception {
        try {
            Class.forName("org.elasticsearch.common.logging.LogConfigurator").getMethod("configureESLogging").invoke(null);
        } catch (NoSuchMethodException e) {
            // version 7
        }
    }

    /** Version 9 takes the loader of its modules, the others make it themselves. */
    private static Node create(Environment env) throws Exception {
        Class<?> loader;
        try {
            loader = Class.forName("org.elasticsearch.plugins.PluginsLoader");
        } catch (ClassNotFoundException e) {
            return Node.class.getConstructor(Environment.class).newInstance(env);
        }
        Path folder = (Path) Environment.class.getMethod("modulesDir").invoke(env);
        Object bundles = loader.getMethod("loadModulesBundles", Path.class).invoke(null, folder);
        Object made = loader.getMethod("createPluginsLoader", Set.class, Set.class, Map.class).invoke(null, bundles, Set.of(), Map.of());
        return Node.class.getConstructor(Environment.class, loader).newInstance(env, made);
    }
}
