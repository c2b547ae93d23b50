package org.opensearch.plugins;

import java.util.List;

/** A loader that OpenSearch's server asks for by name, here for plugins of which none extends another. */
public final class ExtendedPluginsClassLoader extends ClassLoader {

    private ExtendedPluginsClassLoader(ClassLoader parent) {
        super(parent);
    }

    public static ExtendedPluginsClassLoader create(ClassLoader parent, List<ClassLoader> extended) {
        return new ExtendedPluginsClassLoader(parent);
    }
}
